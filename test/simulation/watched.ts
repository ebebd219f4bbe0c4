import type { Committee } from '../../aggregator/committee/committee.ts'
import { createMachine } from '../../aggregator/machine.ts'
import type { PeerFigures } from '../../aggregator/statistics/figures.ts'
import { doAtOnce } from '../../node/later.ts'
import { PeerBook } from '../../node/view/peer-book.ts'
import type { Strategy } from '../../simulations/attacking/adversary.ts'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import { strategyOf } from '../../simulations/strategies.ts'

/** Who measures in a run; never under control. */
const WATCHER = 0

/** What member 0 has measured of every member when a run of the scenario is over. */
export function watched(
  scenario: Readonly<Record<string, unknown>>,
  { seed = 1, strategies = [] }: { seed?: number; strategies?: readonly Strategy[] } = {},
): readonly PeerFigures[] {
  const checked = checkScenario({ name: 'test', committee: { members: 4 }, ...scenario })
  let book: PeerBook | null = null
  const created = (committee: Committee) => {
    book = new PeerBook(committee, doAtOnce)
    return book
  }
  const create: typeof createMachine = (options) => {
    if (options.self !== WATCHER) return createMachine(options)
    const { onEvent, onEffect } = created(options.context.committee)
    const machine = createMachine({
      ...options,
      perform: (effect) => {
        onEffect(effect)
        options.perform(effect)
      },
    })
    return {
      state: machine.state,
      report: (event) => {
        onEvent(event)
        machine.report(event)
      },
    }
  }
  new Simulation({
    scenario: checked,
    seed,
    plants: { createMachine: create },
    rules: [],
    strategyOf: (name) => strategies.find((each) => each.name === name) ?? strategyOf(name),
  }).run()
  return (book as PeerBook | null)?.statistics.figures() ?? []
}
