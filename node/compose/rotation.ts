import { join } from 'node:path'
import type { PastFeedValue } from '../../aggregator/aggregation/derived-feeds.ts'
import { type Committee, committeeOf } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import { type Handover, handoverMessageOf } from '../../aggregator/handover/handover.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Metrics } from '../api/metrics.ts'
import type { HandoverView, RotationView, SuccessionView } from '../api/view.ts'
import { Succession } from '../chain/succession.ts'
import type { ChainTarget } from '../chain/target.ts'
import type { Clock } from '../clock.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Delivery, Judgement } from '../gossip/gossip.ts'
import type { Network } from '../gossip/network.ts'
import { Agreement, type HandoverNetwork } from '../handover/agreement.ts'
import { Arrival } from '../handover/arrival.ts'
import { asksFor, isHandoverRequest } from '../handover/exchange.ts'
import { TermKeeper } from '../handover/term.ts'
import { handoverDirectory } from '../keys/handover-locks.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import { PredecessorPast } from './predecessor.ts'
import type { NodeSigner } from './signer.ts'

export interface RotationDependencies {
  readonly loaded: LoadedConfig
  readonly context: Context
  readonly signer: NodeSigner
  readonly targets: readonly ChainTarget[]
  /** Made after this. */
  readonly network: () => Network
  /** What the committee before certified, for feeds derived from it. */
  readonly onPast: (past: readonly PastFeedValue[]) => void
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly onFatal: (error: unknown) => void
}

/** How this node's committee comes into office and leaves it (protocol §11.2). */
export interface Rotation {
  readonly term: TermKeeper
  /** Number of the committee on contracts; 1 until something else is known. */
  readonly epoch: () => number
  readonly parts: readonly Startable[]
  /** Started after the driver, which takes what they find. */
  readonly past: readonly Startable[]
  /** Null when the message is none of a hand-over. */
  readonly onMessage: (delivery: Pick<Delivery, 'topic' | 'bytes'>) => Judgement | null
  /** False when the request is for somebody else. */
  readonly onRequest: (from: MemberIndex, request: Uint8Array) => boolean
  readonly view: () => RotationView
  /** What this committee needs from a contract now. */
  readonly succession: (target: ChainTarget) => SuccessionView | null
}

export function makeRotation(use: RotationDependencies): Rotation {
  const { loaded, context, signer, clock, log, onFatal } = use
  const { self, handovers } = signer
  const { dataDirectory } = loaded.config
  const network: HandoverNetwork = {
    publish: (bytes) => use.network().publish('protocol', bytes),
    request: (to, request) => use.network().request(to, request),
    connected: () =>
      use
        .network()
        .peers()
        .flatMap(({ member, isConnected }) => (isConnected ? [member] : [])),
  }
  const predecessor = predecessorOf(loaded, context)
  const term = new TermKeeper({ begins: predecessor === null ? 'first' : 'byHandover' })
  let epochByContract: number | null = null
  const agreement = new Agreement(
    { context, self, dataDirectory },
    {
      signer: handovers,
      network,
      clock,
      log,
      onSigned: ({ activeFromMs }) => term.endsAt(activeFromMs),
      onFault: onFatal,
    },
  )
  const arrival = predecessor === null ? null : makeArrival(use, { network, predecessor, term })
  const successions = use.targets.map(
    (target) =>
      new Succession(
        { name: target.config.name, hub: target.config.contract, self },
        {
          target,
          handover: () => arrival?.signed ?? null,
          clock,
          log,
          onBegun: ({ epoch, fromMs }) => {
            epochByContract ??= epoch
            term.beginsByContract(fromMs)
          },
          onCall: (step, code) =>
            use.metrics.successionCalls.inc({ target: target.config.name, step, code }),
        },
      ),
  )
  const past = makePast(use, { predecessor, term })
  return {
    term,
    past,
    // Contracts that were deployed later may count from another number; the first one that knows
    // this committee is the one whose calldata strangers are given.
    epoch: () => epochByContract ?? arrival?.signed?.handover.epoch ?? 1,
    parts: [...(arrival === null ? [] : [arrival]), agreement, ...successions],
    onMessage: ({ topic, bytes }) =>
      topic === 'protocol' && agreement.takes(bytes) ? agreement.onMessage(bytes) : null,
    onRequest: (from, request) => {
      if (!isHandoverRequest(request)) return false
      const isOwn = asksFor(request, context.committee.digest)
      const isBefore = predecessor !== null && asksFor(request, predecessor.digest)
      const held = isOwn ? agreement.signedBytes : isBefore ? arrival?.signedBytes : null
      use.network().answer(from, held ?? new Uint8Array(0))
      return true
    },
    view: () => viewOf(context, { term, agreement, handovers }),
    succession: (target) => successions[use.targets.indexOf(target)]?.view() ?? null,
  }
}

/** None for a first committee, or where no journal is named. */
function makePast(
  { loaded, context, clock, log, onPast }: RotationDependencies,
  { predecessor, term }: { readonly predecessor: Committee | null; readonly term: TermKeeper },
): readonly Startable[] {
  const journal = loaded.config.rotation?.journal
  if (predecessor === null || journal === undefined) return []
  const { committee } = context
  const past = new PredecessorPast({ predecessor, committee, journal }, { clock, log, onPast })
  term.tell((known) => past.follow(known))
  return [past]
}

function predecessorOf({ predecessor }: LoadedConfig, { crypto }: Context): Committee | null {
  return predecessor === null ? null : committeeOf(crypto.keccak256, predecessor)
}

function makeArrival(
  { loaded, context, log }: RotationDependencies,
  parts: {
    readonly network: HandoverNetwork
    readonly predecessor: Committee
    readonly term: TermKeeper
  },
): Arrival {
  const { network, predecessor, term } = parts
  const { dataDirectory, rotation } = loaded.config
  return new Arrival(
    {
      context,
      predecessor,
      keptAt: join(handoverDirectory(dataDirectory), 'predecessor.json'),
      handover: rotation?.handover ?? null,
    },
    { network, log, onArrived: ({ handover }) => term.beginsByHandover(handover.activeFromMs) },
  )
}

function viewOf(
  { crypto, committee }: Context,
  held: {
    readonly term: TermKeeper
    readonly agreement: Agreement
    readonly handovers: NodeSigner['handovers']
  },
): RotationView {
  const { term, agreement, handovers } = held
  const { approved, signed } = agreement.state
  const show = (handover: Handover): HandoverView => ({
    epoch: handover.epoch,
    committeeDigest: toHex(handover.committeeDigest),
    activeFromMs: handover.activeFromMs,
    message: toHex(handoverMessageOf(crypto.keccak256, handover)),
  })
  return {
    term: term.known,
    approved: approved === null ? null : show(approved.handover),
    approvers: agreement.approvers,
    threshold: committee.signingThreshold,
    locked: handovers.locks().map(({ epoch, message }) => ({ epoch, message: toHex(message) })),
    signed: signed === null ? null : show(signed.handover),
  }
}
