import { countMembers, difference, hasMember, listMembers } from '../../aggregator/values/ids.ts'
import { withoutWorldLeaks } from '../determinism/poison.ts'
import { REFERENCE_PROTOCOLS } from '../protocols.ts'
import type { RunRecorder } from '../record/run-recorder.ts'
import {
  clocksOf,
  countedRounds,
  endMsOf,
  FEED_DECIMALS,
  GENESIS_MS,
  paramsOf,
} from '../scenario/params.ts'
import type { Scenario } from '../scenario/schema.ts'
import { networkOf, sourcesOf, truthOf } from '../scenario/world.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { RoundStatistics } from '../statistics/round-statistics.ts'
import { WireMeter } from '../statistics/wire-meter.ts'
import { createKeys } from '../world/keys.ts'
import { plainWire } from '../world/overlay.ts'
import type { Recording } from '../world/recorded.ts'
import { createReferenceControl } from './control.ts'
import { planReferenceFaults } from './faults.ts'
import { ReferenceWorld } from './world.ts'

export interface ReferenceRunOptions {
  readonly scenario: Scenario
  readonly seed: number
  readonly recording?: Recording | null
  /** Collects what a report shows of the run. */
  readonly recorder?: RunRecorder
}

/** One run of a scenario by a protocol of others. The same two give the same run everywhere. */
export class ReferenceRun {
  readonly #options: ReferenceRunOptions
  readonly #world: ReferenceWorld
  readonly #statistics: RoundStatistics
  readonly #wire: WireMeter
  readonly #faulty: number
  readonly #f: number
  readonly #endUs: number
  #isComplete = false

  /** @throws {RangeError} when the scenario's protocol is none of others */
  constructor(options: ReferenceRunOptions) {
    this.#options = options
    const { scenario, seed, recording = null, recorder = null } = options
    const create = REFERENCE_PROTOCOLS.get(scenario.protocol)
    if (create === undefined) throw new RangeError(`no reference protocol is ${scenario.protocol}`)
    const { signatures, hash, committee, prices, reference } = scenario
    const params = paramsOf(scenario, seed)
    const keys = createKeys({ seed, signatures, hash, size: committee.members, params })
    const { feeds, timing, f } = params
    const { roundMs } = timing
    const control = createReferenceControl(scenario.adversaries, timing.fastMs * 1_000)
    const honest = difference(keys.committee.all, control.members)
    const truth = truthOf(prices, { seed, label: feeds[0]?.name ?? '', recording })
    const statistics = new RoundStatistics({
      unit: 10 ** FEED_DECIMALS,
      feeds: feeds.map(({ name }) => name),
      honest: countMembers(honest),
      ...countedRounds(scenario),
      truth,
    })
    const clocks = clocksOf(scenario)
    const progressUs = (reference.progressMs ?? 2 * roundMs) * 1_000
    const { epochRounds } = reference
    const times = { genesisMs: GENESIS_MS, roundMs, progressUs, epochRounds }
    this.#world = new ReferenceWorld(
      { seed, f, ...times, network: networkOf(scenario), clocks },
      {
        create,
        control,
        sources: sourcesOf(scenario, { seed, feeds, keys, recording }),
        observed: ({ member, round, report, absences, nowUs }) => {
          if (!hasMember(honest, member)) return
          statistics.observe(round, report[0] ?? null, nowUs)
          if (absences.length > 0) statistics.miss(round, absences)
        },
        certified: ({ member, round, report, attempt, nowUs }) => {
          recorder?.mark(round, { type: 'certificate', member }, nowUs)
          if (!hasMember(honest, member)) return
          const end = attempt === 'first' ? 'fast' : 'proposed'
          statistics.certify({
            round,
            nowUs,
            end,
            of: report,
            value: () => report[0] ?? null,
            unavailable: () => [...report.keys()].filter((feed) => report[feed] === null),
          })
          recorder?.certified(round, { observers: null, signers: 0, end, nowUs })
        },
        recorder,
      },
    )
    this.#statistics = statistics
    this.#wire = new WireMeter(countedRounds(scenario))
    this.#faulty = control.members
    this.#f = f
    this.#endUs = endMsOf(scenario) * 1_000
    planReferenceFaults(this.#world, scenario.faults, clocks)
    this.#planOpening(1, roundMs * 1_000)
  }

  get progress(): number {
    return this.#world.nowUs / this.#endUs
  }

  get isComplete(): boolean {
    return this.#isComplete
  }

  advance(eventsMax: number): boolean {
    if (this.#isComplete) return true
    this.#isComplete = withoutWorldLeaks(() => this.#world.advance(this.#endUs, eventsMax))
    return this.#isComplete
  }

  run(): SimulationResult {
    while (!this.advance(1_000_000));
    return this.result()
  }

  result(): SimulationResult {
    const { scenario, seed } = this.#options
    const faulty = listMembers(this.#faulty)
    return {
      scenario: scenario.name,
      protocol: scenario.protocol,
      seed,
      variant: scenario.variant,
      isComplete: this.#isComplete,
      committee: {
        members: scenario.committee.members,
        f: this.#f,
        faulty,
        isWithinModel: faulty.length <= this.#f,
      },
      virtualMs: Math.floor(this.#world.nowUs / 1_000),
      events: this.#world.events,
      ...this.#statistics.figures(),
      wire: this.#wire.figures(),
      refused: 0,
      convicted: [],
      notes: {},
      checked: [],
      violationCount: 0,
      violations: [],
      traceHash: this.#world.trace.digest(),
    }
  }

  #planOpening(round: number, roundUs: number): void {
    this.#world.at(round * roundUs, () => {
      this.#statistics.open(round, this.#world.nowUs)
      this.#wire.open(round, plainWire(this.#world.network.sent()))
      this.#options.recorder?.open(round, this.#world.nowUs)
      this.#planOpening(round + 1, roundUs)
    })
  }
}
