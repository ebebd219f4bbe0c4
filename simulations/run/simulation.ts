import type { Committee } from '../../aggregator/committee/committee.ts'
import { contextOf } from '../../aggregator/context.ts'
import { createMachine } from '../../aggregator/machine.ts'
import type { Members } from '../../aggregator/values/ids.ts'
import { countMembers, difference, listMembers, membersOf } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import { checkersOf } from '../checkers.ts'
import type { CreateChecker, Rule, Subject } from '../checking/checker.ts'
import { Checkers } from '../checking/checkers.ts'
import { Journals } from '../checking/journal.ts'
import { withoutWorldLeaks } from '../determinism/poison.ts'
import { chainOf, planChainFaults } from '../scenario/chain.ts'
import { manipulationsOf, planManipulations, showManipulations } from '../scenario/manipulation.ts'
import { clocksOf, countedRounds, endMsOf, feedName, paramsOf } from '../scenario/params.ts'
import type { Scenario } from '../scenario/schema.ts'
import { networkOf, sourcesOf, truthOf } from '../scenario/world.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { Statistics } from '../statistics/statistics.ts'
import { WireMeter } from '../statistics/wire-meter.ts'
import { strategyOf } from '../strategies.ts'
import type { Plants } from '../variant.ts'
import { variantOf } from '../variants.ts'
import type { Clock } from '../world/clock.ts'
import type { Fact } from '../world/facts.ts'
import type { WorkOptions } from '../world/host-options.ts'
import { createKeys } from '../world/keys.ts'
import type { Manipulation } from '../world/manipulation.ts'
import type { PricePath } from '../world/prices.ts'
import type { Recording } from '../world/recorded.ts'
import { World } from '../world/world.ts'
import { type AdversaryOptions, controlledBy, createControl } from './control.ts'
import { deliveryPromiseOf } from './delivery-promise.ts'
import { disturbancesOf, isAlwaysDisturbed } from './disturbances.ts'
import { planFaults } from './faults.ts'
import { SectionStatistics } from './section-statistics.ts'

export interface SimulationOptions {
  readonly scenario: Scenario
  readonly seed: number
  /** Instead of what the scenario's variant plants. */
  readonly plants?: Plants
  readonly checkers?: readonly CreateChecker[]
  /** The prices that the scenario follows, when it follows recorded ones. */
  readonly recording?: Recording | null
  /** Instead of the strategies that a scenario can name. */
  readonly strategyOf?: (name: string) => Strategy
  /** Of the checkers, only those of these invariants. */
  readonly rules?: readonly Rule[]
}

/** One run of a scenario with one seed. The same two give the same run on every machine. */
export class Simulation {
  readonly #options: SimulationOptions
  readonly #world: World
  readonly #statistics: Statistics
  readonly #sections: SectionStatistics
  readonly #wire: WireMeter
  readonly #checkers: Checkers
  readonly #faulty: Members
  readonly #endUs: number
  #isComplete = false

  constructor(options: SimulationOptions) {
    this.#options = options
    const { scenario, seed, plants = variantOf(scenario.variant).plants } = options
    const { recording = null } = options
    const adversaries = adversariesOf(scenario)
    this.#faulty = controlledBy(adversaries)
    const { signatures, hash, committee } = scenario
    const size = committee.members
    const keys = createKeys({ seed, signatures, hash, size, params: paramsOf(scenario, seed) })
    const context = contextOf(keys.crypto, keys.committee)
    const { control, roundOpened } = createControl(
      { seed, keys, adversaries, strategyOf: options.strategyOf ?? strategyOf },
      () => this.#world,
    )
    const clocks = clocksOf(scenario)
    const made = { seed, feeds: keys.committee.params.feeds, recording }
    const { manipulations, pushed } = manipulationsOf(scenario, made)
    const honest = difference(keys.committee.all, this.#faulty)
    const believed = plants.context?.(context) ?? context
    const create = plants.createMachine ?? createMachine
    const journals = new Journals(honest)
    const isWanted = (rule: Rule) => options.rules?.includes(rule) ?? true
    this.#world = new World(
      {
        seed,
        keys,
        context: believed,
        clocks,
        network: networkOf(scenario),
        meshDegree: scenario.network.meshDegree,
        work: workOf(scenario),
        controlled: this.#faulty,
        chain: chainOf(scenario.chain),
      },
      {
        ...plants,
        createMachine: isWanted('S8') ? journals.journaled(create) : create,
        control,
        sources: sourcesOf(scenario, { ...made, keys, pushed }),
        watch: (fact) => {
          showManipulations(manipulations, { honest, fact })
          this.#watch(fact)
          if (fact.type === 'roundOpened') roundOpened(fact.round)
        },
      },
    )
    const truth = truthOf(scenario.prices, { seed, label: feedName(0), recording })
    const begun = { scenario, honest, faulty: this.#faulty, manipulations, truth }
    this.#wire = new WireMeter(countedRounds(scenario))
    this.#statistics = statisticsOf(scenario, { committee: keys.committee, honest, truth })
    this.#sections = new SectionStatistics(this.#world, begun)
    const subject = {
      committee: keys.committee,
      context: believed,
      digests: this.#world.digests,
      honest,
      disturbances: disturbancesOf(scenario),
      delivery: deliveryPromiseOf(scenario, this.#world.context),
      isAlwaysDisturbed: isAlwaysDisturbed(scenario, keys.committee.params.timing),
      stateOf: (member: number) => this.#world.hosts[member]?.state ?? null,
      journals,
      createMachine: create,
    }
    this.#checkers = checkersFor(options, subject)
    this.#endUs = endMsOf(scenario) * 1_000
    this.#plan({ clocks, manipulations })
  }

  /** Share of the run that is done, from 0 to 1. */
  get progress(): number {
    return this.#world.nowUs / this.#endUs
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Goes on for so many things that happen; true when the run is over. */
  advance(eventsMax: number): boolean {
    if (this.#isComplete) return true
    const isOver = withoutWorldLeaks(() => this.#advance(eventsMax))
    if (isOver) this.#finish()
    return isOver
  }

  /** Runs to the end at once. */
  run(): SimulationResult {
    while (!this.advance(1_000_000));
    return this.result()
  }

  /** What came out so far. */
  result(): SimulationResult {
    const { scenario, seed } = this.#options
    const { committee } = this.#world.context
    const { rounds, convicted, notes } = this.#statistics
    return {
      scenario: scenario.name,
      protocol: scenario.protocol,
      seed,
      variant: scenario.variant,
      isComplete: this.#isComplete,
      committee: {
        members: committee.size,
        f: committee.f,
        faulty: listMembers(this.#faulty),
        isWithinModel: countMembers(this.#faulty) <= committee.f,
      },
      ...this.#sections.figures(this.#world.nowUs),
      virtualMs: Math.floor(this.#world.nowUs / 1_000),
      events: this.#world.events,
      ...rounds.figures(),
      wire: this.#wire.figures(),
      refused: this.#world.hosts.reduce((sum, { refused }) => sum + refused, 0),
      convicted: listMembers(convicted),
      notes: Object.fromEntries([...notes].sort()),
      checked: this.#checkers.rules,
      violationCount: this.#checkers.violationCount,
      violations: this.#checkers.violations,
      traceHash: this.#world.trace.digest(),
    }
  }

  #watch(fact: Fact): void {
    this.#statistics.watch(fact)
    this.#sections.watch(fact)
    this.#checkers.watch(fact)
    if (fact.type === 'roundOpened') this.#wire.open(fact.round, this.#world.wire())
  }

  #plan(of: {
    readonly clocks: readonly Clock[]
    readonly manipulations: readonly Manipulation[]
  }): void {
    const { faults, chain } = this.#options.scenario
    planFaults(this.#world, faults, of.clocks)
    planChainFaults(this.#world, chain?.faults ?? [])
    planManipulations(this.#world, of.manipulations)
    for (const host of this.#world.hosts) this.#world.at(0, () => host.start())
  }

  #advance(eventsMax: number): boolean {
    const { stopAtViolation } = this.#options.scenario
    // In small bites, so that a broken invariant ends the run close to where it broke.
    for (let done = 0; done < eventsMax; done += BITE) {
      if (this.#world.advance(this.#endUs, BITE)) return true
      if (stopAtViolation && this.#checkers.violationCount > 0) return true
    }
    return false
  }

  #finish(): void {
    this.#isComplete = true
    this.#checkers.finish(this.#world.nowUs)
  }
}

const BITE = 64

/** Promises of time are judged where network and clocks keep what they assume (protocol §12). */
function checkersFor({ scenario, checkers, rules }: SimulationOptions, subject: Subject): Checkers {
  const isJudged = (rule: Rule) => !(subject.isAlwaysDisturbed && rule.startsWith('L'))
  const isWatched = (rule: Rule) => isJudged(rule) && (rules?.includes(rule) ?? true)
  const created = (checkers ?? checkersOf(scenario)).map((create) => create(subject))
  return new Checkers(created.filter(({ rule }) => isWatched(rule)))
}

function adversariesOf({ adversaries }: Scenario): readonly AdversaryOptions[] {
  return adversaries.map(({ strategy, members }) => ({ strategy, members: membersOf(members) }))
}

function workOf({ work }: Scenario): WorkOptions {
  return {
    signUs: Math.round(work.signMs * 1_000),
    combineUs: Math.round(work.combineMs * 1_000),
  }
}

function statisticsOf(
  scenario: Scenario,
  of: { readonly committee: Committee; readonly honest: Members; readonly truth: PricePath },
): Statistics {
  return new Statistics({ ...of, ...countedRounds(scenario) })
}
