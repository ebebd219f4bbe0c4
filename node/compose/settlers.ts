import { roundAt } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import { roundsServed } from '../../aggregator/delivery/settlement.ts'
import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'
import type { Metrics } from '../api/metrics.ts'
import type { SettlementView } from '../api/view.ts'
import type { SettlementPlan } from '../chain/open-expiries.ts'
import { Settler } from '../chain/settler.ts'
import type { Clock } from '../clock.ts'
import type { ChainConfig } from '../config/schema.ts'
import type { Shelf } from '../gateway/shelf.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { Store } from './store.ts'
import type { Target } from './targets.ts'

export interface SettlersDependencies {
  readonly context: Context
  readonly self: MemberIndex
  readonly shelf: Shelf
  readonly store: Pick<Store, 'certificates'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** What settles expiries on the chains of the configuration. */
export interface Settlers {
  readonly parts: readonly Startable[]
  readonly view: (target: Target) => readonly SettlementView[]
}

export function makeSettlers(targets: readonly Target[], use: SettlersDependencies): Settlers {
  const { context, self, shelf, store, clock, log, metrics } = use
  const settlers = new Map<Target, Settler>()
  const pastOf = (round: Round) => {
    const [journalled] = store.certificates(context, { from: round, to: round })
    return shelf.of(round) ?? journalled
  }
  for (const each of targets) {
    const { target } = each
    const { name, contract: hub, settlements } = target.config
    if (settlements.length === 0) continue
    const settler = new Settler(
      { name, hub, self, plans: plansOf(settlements, context) },
      {
        context,
        target,
        certificateOf: (round) => shelf.of(round)?.message ?? null,
        pastCertificateOf: (round) => pastOf(round)?.message ?? null,
        clock,
        log,
        onOutcome: (outcome) => metrics.settlements.inc({ target: name, outcome }),
      },
    )
    settlers.set(each, settler)
  }
  const parts = [...settlers.values()]
  return {
    parts: parts.length === 0 ? [] : [shelfFiller(use), ...parts],
    view: (target) => settlers.get(target)?.view() ?? [],
  }
}

function plansOf(
  settlements: ChainConfig['settlements'],
  { committee }: Context,
): readonly SettlementPlan[] {
  return settlements.map((each): SettlementPlan => {
    if ('market' in each) return { market: each.market }
    const feed = committee.params.feeds.findIndex(({ name }) => name === each.feed)
    return { contract: each.contract, feed, schedule: each.expiries }
  })
}

/** A node that starts inside a window has the round of the expiry in its journal alone. */
function shelfFiller({ context, shelf, store, clock }: SettlersDependencies): Startable {
  const { committee } = context
  return {
    name: 'certificates of open expiries',
    start: () => {
      const to = roundAt(committee, clock.nowMs())
      const from = Math.max(1, to - roundsServed(committee))
      for (const certificate of store.certificates(context, { from, to })) shelf.add(certificate)
      return Promise.resolve()
    },
    stop: () => Promise.resolve(),
  }
}
