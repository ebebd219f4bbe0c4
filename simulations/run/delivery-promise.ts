import type { Context } from '../../aggregator/context.ts'
import { LOOKS_PER_HEARTBEAT } from '../../aggregator/phases/deliver.ts'
import type { DeliveryPromise, Disturbance } from '../checking/checker.ts'
import { weiOf } from '../scenario/chain.ts'
import type { ChainScenario } from '../scenario/chain-schema.ts'
import type { Scenario } from '../scenario/schema.ts'

const US_PER_MS = 1_000
const FOREVER = Number.POSITIVE_INFINITY

/** What L6 promises of the chain of a scenario; null without one. */
export function deliveryPromiseOf(scenario: Scenario, context: Context): DeliveryPromise | null {
  const { chain } = scenario
  if (chain === undefined) return null
  return {
    boundUs: boundMsOf(chain, context) * US_PER_MS,
    feePerGasMaxWei: weiOf(chain.feePerGasGweiMax),
    unable: unableOf(scenario, chain),
  }
}

/**
 * A member that can deliver notices at the latest when it looks again (§8.2). It may then be in the
 * middle of a transmission, whose failure makes it wait until all others had a turn; then its own
 * turn comes, and one transmission. Each may need one raise of its fee.
 */
function boundMsOf(chain: ChainScenario, { committee }: Context): number {
  const { size, params } = committee
  const { roundMs, stageMs } = params.timing
  const blockMs = chain.blockMs + chain.jitterMs
  const onItsWayMs = 2 * chain.rpcMs + chain.bumpAfterMs + chain.mempoolMs.max
  const transmissionMs = onItsWayMs + chain.pollEveryMs + chain.confirmations * blockMs
  const noticedMs = chain.heartbeatMs / LOOKS_PER_HEARTBEAT + 2 * roundMs
  return noticedMs + 2 * size * stageMs + 2 * transmissionMs
}

function unableOf(scenario: Scenario, chain: ChainScenario): DeliveryPromise['unable'] {
  const { faults, network, clocks } = scenario
  const spans = (members: readonly number[], span: Disturbance) =>
    members.map((member) => ({ member, ...span }))
  return [
    ...chain.faults.flatMap((fault) => {
      if (fault.type === 'transmitters') return spans(fault.members, spanOf(fault))
      // Of its endpoints a minority does not matter; several faults together may be a majority.
      return 'endpoints' in fault && isFelt(fault, chain) ? spans(fault.members, spanOf(fault)) : []
    }),
    // A clock once moved stays so, and a stop comes when nobody knows; crashes are seen.
    ...faults.flatMap((fault) =>
      fault.type === 'crash' ? [] : spans(fault.members, { fromUs: 0, toUs: FOREVER }),
    ),
    ...clocks.flatMap(({ members }) => spans(members, { fromUs: 0, toUs: FOREVER })),
    ...network.cuts.flatMap((cut) => spans([...cut.senders, ...cut.receivers], spanOf(cut))),
  ]
}

type EndpointFault = Extract<
  ChainScenario['faults'][number],
  { readonly endpoints: readonly number[] }
>

/** Whether endpoints that are wrong at the same time as these are half of them, or more. */
function isFelt(fault: EndpointFault, { faults, endpoints }: ChainScenario): boolean {
  return fault.members.some((member) => {
    const wrong = faults.flatMap((other) => {
      if (!('endpoints' in other) || !other.members.includes(member)) return []
      return other.fromMs < fault.toMs && fault.fromMs < other.toMs ? other.endpoints : []
    })
    return 2 * new Set(wrong).size >= endpoints
  })
}

function spanOf({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): Disturbance {
  return { fromUs: fromMs * US_PER_MS, toUs: toMs * US_PER_MS }
}
