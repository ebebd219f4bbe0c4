import type { CreateProtocolMember } from './protocol/member.ts'
import { createOcr2 } from './protocols/ocr2.ts'
import { createOcr3 } from './protocols/ocr3.ts'
import { createRawQuorum } from './protocols/raw-quorum.ts'
import { createSingleSigner } from './protocols/single-signer.ts'

/** Our own protocol: the machine of the node. */
export const OURS = 'ours'

/** Protocols of others that run in the simulated world, by the name that a scenario gives. */
export const REFERENCE_PROTOCOLS: ReadonlyMap<string, CreateProtocolMember> = new Map([
  ['ocr2', createOcr2],
  ['ocr3', createOcr3],
  ['single-signer', createSingleSigner],
  ['raw-quorum', createRawQuorum],
])

/** Those in which members lead in turn, `reference.epochRounds` results each. */
export const LEADER_PROTOCOLS: readonly string[] = ['ocr2', 'ocr3']
