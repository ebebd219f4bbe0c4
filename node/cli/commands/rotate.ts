import { keccak_256 } from '@noble/hashes/sha3.js'
import { createPublicClient, http, isAddress } from 'viem'
import { type Committee, committeeOf } from '../../../aggregator/committee/committee.ts'
import { feedPlaceProblems, feedPlacesOf } from '../../../aggregator/handover/feed-places.ts'
import {
  type Handover,
  handoverMessageOf,
  handoverTo,
} from '../../../aggregator/handover/handover.ts'
import {
  type SuccessionProblem,
  successionProblems,
} from '../../../aggregator/handover/succession.ts'
import { toHex } from '../../../aggregator/values/bytes.ts'
import { askNode, noNodeOfOurs } from '../../api/ask-node.ts'
import type { RotationView } from '../../api/view.ts'
import {
  activateCall,
  proposeCommitteeCall,
  withdrawProposalCall,
} from '../../chain/handover-calls.ts'
import { ConfigError } from '../../config/config-error.ts'
import {
  assertKeyGenerated,
  type LoadedConfig,
  loadCommittee,
  loadConfig,
} from '../../config/load.ts'
import type { NodeConfig } from '../../config/schema.ts'
import { OracleError } from '../../errors.ts'
import { removeApproval, writeApproval } from '../../handover/files.ts'
import { HandoverLocks } from '../../keys/handover-locks.ts'
import { command, type Output, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { addressOf } from '../node-address.ts'
import { differencesOf, expiriesBefore, lockedIn, standingHere } from '../rotation-facts.ts'
import { ownerFacts, ownerProblems, readOwnerTerms } from '../rotation-owner.ts'

const config = {
  type: 'string',
  value: 'FILE',
  required: true,
  describe: 'configuration of a node of the committee in office',
} as const
const what = {
  config,
  next: {
    type: 'string',
    value: 'FILE',
    required: true,
    describe: 'committee file of the next committee, with its key',
  },
  epoch: {
    type: 'string',
    value: 'NUMBER',
    required: true,
    describe: 'number that the next committee will have on the contract',
  },
  'active-from': {
    type: 'string',
    value: 'TIME',
    required: true,
    describe: 'when it takes over, such as 2027-01-04T12:00:00Z',
  },
} as const

/** Shows what a hand-over would say and change, and approves nothing. */
export const rotateCheck = command({
  name: 'rotate check',
  summary: 'Show what a hand-over to another committee says and changes.',
  options: what,
  run: async (options, { stdout }) => {
    const { facts } = await plan(options, 'rotate check')
    write(stdout, options.json, facts)
    return EXIT_DONE
  },
})

/** Approves one hand-over on this operator's own node; the running node sees it within a second. */
export const rotateApprove = command({
  name: 'rotate approve',
  summary: 'Approve a hand-over on your own node, as all operators agreed on it.',
  options: {
    ...what,
    message: {
      type: 'string',
      value: 'HEX',
      required: true,
      describe: 'message of `rotate check`, as compared with the other operators',
    },
  },
  run: async (options, { stdout }) => {
    const { loaded, handover, facts } = await plan(options, 'rotate approve')
    const { message } = facts
    if (options.message.replace(/^0x/, '').toLowerCase() !== message) {
      throw new OracleError(
        'HANDOVER_MESSAGE_DIFFERS',
        'these files and times make another hand-over than the one you name; compare both again',
        { context: { given: options.message, message } },
      )
    }
    const standing = await standingHere(loaded.config, committee(loaded.committee))
    const other = standing.find(
      (each) => each.epoch === handover.epoch && toHex(each.message) !== message,
    )
    if (other !== undefined) {
      throw new OracleError(
        'HANDOVER_LOCKED',
        `another hand-over of epoch ${handover.epoch} is signed here, and none is signed twice`,
        { context: { epoch: handover.epoch, locked: toHex(other.message) } },
      )
    }
    for (const directory of approvedIn(loaded.config)) await writeApproval(directory, handover)
    write(stdout, options.json, { ...facts, approved: true })
    return EXIT_DONE
  },
})

/** Takes an approval back. What was signed already stays signed. */
export const rotateWithdraw = command({
  name: 'rotate withdraw',
  summary: 'Take back what was approved on your own node, while it is not signed.',
  options: { config },
  run: async (options, { stdout }) => {
    const loaded = await loadConfig(options.config)
    for (const directory of approvedIn(loaded.config)) await removeApproval(directory)
    const locks = await HandoverLocks.open(lockedIn(loaded.config))
    const locked = locks.all.map(({ epoch }) => epoch)
    write(stdout, options.json, { approved: false, locked })
    return EXIT_DONE
  },
})

/** Asks a running node how far a hand-over is. */
export const rotateStatus = command({
  name: 'rotate status',
  summary: 'Ask a running node how far a hand-over is.',
  options: {
    url: { type: 'string', value: 'URL', describe: 'address of its API' },
    config: { type: 'string', value: 'FILE', describe: 'take the address from a configuration' },
  },
  run: async ({ url, config: file, json }, { stdout }) => {
    const address = await addressOf('rotate status', { url, config: file })
    const view = (await askNode(address, '/v1/rotation')) as RotationView
    if (!Array.isArray(view.approvers)) throw noNodeOfOurs(address)
    stdout.write(json ? `${JSON.stringify(view)}\n` : textOf(view))
    return EXIT_DONE
  },
})

/** Calldata for the owner of a contract, for a wallet of its own; nothing is signed or sent. */
export const rotateOwner = command({
  name: 'rotate owner',
  summary: "Print the owner's calls that name the next committee behind the time lock.",
  options: {
    ...what,
    'active-from': { ...what['active-from'], describe: 'from when on it can be activated' },
    rpc: { type: 'string', value: 'URL', required: true, describe: 'endpoint of the chain' },
    contract: { type: 'string', value: 'ADDRESS', required: true, describe: 'of PriceFeeds' },
  },
  run: async (options, { stdout }) => {
    const { rpc, contract } = options
    if (!isAddress(contract)) throw usageError('--contract must be an address', 'rotate owner')
    const terms = await readOwnerTerms(createPublicClient({ transport: http(rpc) }), contract)
    const problems = (current: Committee, handover: Handover) =>
      ownerProblems(current, handover, terms)
    const { handover, facts } = await plan(options, 'rotate owner', problems)
    const calls = {
      propose: proposeCommitteeCall(handover),
      activate: activateCall('owner'),
      withdraw: withdrawProposalCall(),
    }
    write(stdout, options.json, { ...facts, ...ownerFacts(handover, terms), ...calls })
    return EXIT_DONE
  },
})

/** A signer of its own wants the operator's word itself; then two processes look for it. */
function approvedIn(settings: NodeConfig): readonly string[] {
  return [...new Set([lockedIn(settings), settings.dataDirectory])]
}

interface Plan {
  readonly loaded: LoadedConfig
  readonly handover: Handover
  readonly facts: Readonly<Record<string, unknown>> & { readonly message: string }
}

async function plan(
  options: {
    readonly config: string
    readonly next: string
    readonly epoch: string
    readonly 'active-from': string
  },
  name: string,
  problemsOf: (current: Committee, handover: Handover) => readonly SuccessionProblem[] = (
    current,
    handover,
  ) => successionProblems(current, handover, Date.now()),
): Promise<Plan> {
  const loaded = await loadConfig(options.config)
  const current = committee(loaded.committee)
  const file = await loadCommittee(options.next)
  assertKeyGenerated({ config: { ...loaded.config, committee: options.next }, committee: file })
  const next = committee(file)
  const activeFromMs = Date.parse(options['active-from'])
  if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(options['active-from']) || Number.isNaN(activeFromMs)) {
    throw usageError('--active-from must be a time with its zone: 2027-01-04T12:00:00Z', name)
  }
  if (!/^\d{1,9}$/.test(options.epoch)) throw usageError('--epoch must be a number from 2 on', name)
  const handover = handoverTo(next, { epoch: Number(options.epoch), activeFromMs })
  const problems = [
    ...problemsOf(current, handover),
    ...feedPlaceProblems(feedPlacesOf(current.params.feeds), next.params.feeds),
  ]
  if (problems.length > 0) throw new ConfigError(options.next, problems)
  const message = toHex(handoverMessageOf((bytes) => keccak_256(bytes), handover))
  const facts = {
    message,
    epoch: handover.epoch,
    activeFrom: new Date(activeFromMs).toISOString(),
    from: toHex(current.digest),
    to: toHex(next.digest),
    publicKey: toHex(next.groupKey.publicKey),
    ...differencesOf(current.params, next.params),
    expiriesBefore: expiriesBefore(loaded.config.chains, activeFromMs),
  }
  return { loaded, handover, facts }
}

function committee(file: Parameters<typeof committeeOf>[1]): Committee {
  return committeeOf((bytes) => keccak_256(bytes), file)
}

function write(stdout: Output, json: boolean, facts: Readonly<Record<string, unknown>>): void {
  if (json) {
    stdout.write(`${JSON.stringify(facts)}\n`)
    return
  }
  const text = (value: unknown) => (Array.isArray(value) ? value.join(', ') || '-' : String(value))
  const lines = Object.entries(facts).map(([fact, value]) => `${fact}: ${text(value)}`)
  stdout.write(`${lines.join('\n')}\n`)
}

function textOf({ term, approved, approvers, threshold, locked, signed }: RotationView): string {
  const time = (ms: number | null) => (ms === null ? '-' : new Date(ms).toISOString())
  const lines = [
    // The first committee of a network is in office from the beginning.
    `term: ${term.fromMs === 0 ? 'the beginning' : time(term.fromMs)} to ${time(term.untilMs)}`,
    `approved here: ${approved === null ? '-' : `${approved.message}, epoch ${approved.epoch}`}`,
    `members that offer to sign it: ${approvers.join(', ') || '-'} (${threshold} sign)`,
    `locked: ${locked.map(({ epoch, message }) => `epoch ${epoch}: ${message}`).join(', ') || '-'}`,
    `signed: ${signed === null ? '-' : `${signed.message}, from ${time(signed.activeFromMs)}`}`,
  ]
  return `${lines.join('\n')}\n`
}
