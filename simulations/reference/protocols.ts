import type { ReferenceProtocol } from './protocol.ts'

const plain = { roles: {} } as const
const toAll = { from: 'all', to: 'all', workMs: 0 } as const

/** Proposal, then two rounds of votes by everyone to everyone. */
const simplex: ReferenceProtocol = {
  name: 'simplex',
  ...plain,
  messages: [
    { name: 'proposal', from: 'leader', to: 'all', after: [], workMs: 0 },
    { name: 'vote', ...toAll, after: [{ proposal: 1 }] },
    { name: 'finalise', ...toAll, after: [{ vote: '67%' }] },
  ],
  done: [{ finalise: '67%' }],
}

/** Proposal, votes to the leader, twice, and what the leader made of them. */
const hotstuff: ReferenceProtocol = {
  name: 'hotstuff',
  ...plain,
  messages: [
    { name: 'proposal', from: 'leader', to: 'all', after: [], workMs: 0 },
    { name: 'vote', from: 'all', to: 'leader', after: [{ proposal: 1 }], workMs: 0 },
    { name: 'lock', from: 'leader', to: 'all', after: [{ vote: '67%' }], workMs: 1 },
    { name: 'commit', from: 'all', to: 'leader', after: [{ lock: 1 }], workMs: 0 },
    { name: 'decision', from: 'leader', to: 'all', after: [{ commit: '67%' }], workMs: 1 },
  ],
  done: [{ decision: 1 }],
}

/** The first generation of off-chain reporting, from its observations on. */
const ocr2: ReferenceProtocol = {
  name: 'ocr2',
  ...plain,
  messages: [
    { name: 'observation', from: 'all', to: 'leader', after: [], workMs: 0 },
    { name: 'request', from: 'leader', to: 'all', after: [{ observation: '2f+1' }], workMs: 0 },
    { name: 'report', from: 'all', to: 'leader', after: [{ request: 1 }], workMs: 0 },
    { name: 'final', from: 'leader', to: 'all', after: [{ report: 'f+1' }], workMs: 0 },
  ],
  done: [{ final: 1 }],
}

/** The third, from the start of a round: agreement on the outcome, then signatures. */
const ocr3: ReferenceProtocol = {
  name: 'ocr3',
  ...plain,
  messages: [
    { name: 'start', from: 'leader', to: 'all', after: [], workMs: 0 },
    { name: 'observation', from: 'all', to: 'leader', after: [{ start: 1 }], workMs: 0 },
    { name: 'proposal', from: 'leader', to: 'all', after: [{ observation: '2f+1' }], workMs: 0 },
    { name: 'prepare', ...toAll, after: [{ proposal: 1 }] },
    { name: 'commit', ...toAll, after: [{ prepare: 'majority' }] },
    { name: 'signature', ...toAll, after: [{ commit: 'majority' }] },
  ],
  done: [{ signature: 'f+1' }],
}

/** Our fast path (protocol §6.4, §6.8): observations, shares of a set; everyone combines. */
const ours: ReferenceProtocol = {
  name: 'ours',
  roles: {
    signers: { of: 'all', count: 'majority' },
    publishers: { of: 'signers', count: 2 },
  },
  messages: [
    { name: 'observation', ...toAll, after: [] },
    { name: 'share', from: 'signers', to: 'all', after: [{ observation: 'all' }], workMs: 0 },
    {
      name: 'certificate',
      from: 'publishers',
      to: 'all',
      after: [{ share: 'majority' }],
      workMs: 0,
    },
  ],
  done: [{ observation: 'all', share: 'majority' }, { certificate: 1 }],
}

export const REFERENCE_PROTOCOLS: readonly ReferenceProtocol[] = [
  simplex,
  hotstuff,
  ocr2,
  ocr3,
  ours,
]
