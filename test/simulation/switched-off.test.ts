import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Simulation } from '../../simulations/run/simulation.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import type { SimulationResult } from '../../simulations/statistics/result.ts'
import { type Core, coreWithout, type Edit, WHOLE_CORE } from '../support/edited-core.ts'

// Rules of the protocol marked †: the attack that each stops, with it and without it. Those that a
// variant of the simulator switches off are shown by canaries; daggers.test.ts knows where each is.

type Given = Readonly<Record<string, unknown>>

interface Attack {
  readonly rule: string
  /** What is done, and what it costs without the rule. */
  readonly about: string
  readonly given: Given
  readonly seed?: number
  readonly off: readonly Edit[]
  /** Rounds that were not fast: at most so many with the rule, at least so many without it. */
  readonly slow: readonly [withRule: number, without: number]
}

const REGRESSIONS = JSON.parse(
  readFileSync(new URL('../../simulations/regressions.json', import.meta.url), 'utf8'),
) as readonly { readonly seed: number; readonly scenario: Given }[]

const found = (name: string): { readonly given: Given; readonly seed: number } => {
  const regression = REGRESSIONS.find(({ scenario }) => scenario.name === name)
  if (regression === undefined) throw new Error(`no regression is called ${name}`)
  return { given: regression.scenario, seed: regression.seed }
}

const by = (strategy: string, members: readonly number[], given: Given = {}): Given => ({
  rounds: 200,
  committee: { members: 4 },
  adversaries: [{ strategy, members }],
  ...given,
})

const ATTACKS: readonly Attack[] = [
  {
    rule: '§4.3 best certificate',
    about: 'certificates of several slots are shown to some: pairs differ for ever',
    given: by('withhold-share', [0]),
    off: [
      {
        file: 'agreement/pair.ts',
        rule: 'return a.round > b.round || (a.round === b.round && a.slot > b.slot)',
        without: 'return a.round > b.round',
      },
      {
        file: 'agreement/pair.ts',
        rule: 'return candidate.expectedNext < best.expectedNext',
        without: 'return false',
      },
    ],
    slow: [1, 50],
  },
  {
    rule: '§4.3 absent after a lost round',
    about: 'one keeps both proposals from being certified, again and again',
    given: by('starve-round', [3]),
    off: [
      {
        file: 'agreement/late.ts',
        rule: 'if (before === undefined || before.certificate !== null) return NO_MEMBERS',
        without: 'return NO_MEMBERS',
      },
    ],
    slow: [5, 40],
  },
  {
    rule: '§4.3 brought by one alone',
    about: 'certificates are shown to those who ask: honest members accuse each other',
    ...found('lower-certificate'),
    off: [
      {
        file: 'step.ts',
        rule: "if (origin === 'sync') turn.out.push({ type: 'publish', message: certificate })",
        without: '',
      },
    ],
    slow: [0, 100],
  },
  {
    rule: '§4.4 the pair that all name',
    about: 'who holds the observations signs by a pair of its own, and is bound to another report',
    ...found('bound-by-contradiction'),
    off: [
      {
        file: 'phases/agree.ts',
        rule: 'if (!isSubset(pair.expected, members)) continue',
        without: 'if (!isSubset(pair.expected, round.counted)) continue',
      },
    ],
    slow: [1, 50],
  },
  {
    rule: '§4.4 asked for its basis',
    about: 'certificates that do not exist are claimed, and nobody asks for them',
    given: by('false-basis', [3]),
    off: [
      {
        file: 'phases/collect.ts',
        rule: '  if (!isHigher(basis, basisOf(',
        without: '  return\n  if (!isHigher(basis, basisOf(',
      },
    ],
    slow: [13, 60],
  },
  {
    rule: '§4.5 seen to be there',
    about: 'a silent member comes back in each of its turns, and costs a slow round',
    given: by('mute', [3]),
    off: [
      {
        file: 'agreement/returning.ts',
        rule: 'difference(vouchedFor(context, words) & among, words.expected)',
        without: 'isProbe(committee, words.round) ? ~words.expected & committee.all : 0',
      },
    ],
    slow: [0, 5],
  },
  {
    rule: '§4.5 by f+1 others',
    about: 'f members vouch for one that is not there',
    given: by('vouch-falsely', [3]),
    off: [
      {
        file: 'agreement/returning.ts',
        rule: 'return namedAtLeast(said, committee.f + 1)',
        without: 'return namedAtLeast(said, 1)',
      },
    ],
    slow: [1, 4],
  },
  {
    rule: '§6.5 settled for hopMs + skew',
    about: 'certificates are let go just before the opening, and honest pairs taken for wrong',
    ...found('bound-by-contradiction'),
    off: [
      {
        file: 'phases/observe.ts',
        rule: 'basis: state.bestSinceMs <= settledMs,',
        without: 'basis: true,',
      },
    ],
    slow: [1, 50],
  },
  {
    rule: '§6.6 bound elsewhere',
    about: 'half is bound to another report by a contradiction, and blamed for its silence',
    ...found('bound-by-contradiction'),
    off: [
      {
        file: 'agreement/silence.ts',
        rule: 'return difference(silent, boundElsewhere(turn, round, candidate))',
        without: 'return silent',
      },
    ],
    slow: [1, 50],
  },
  {
    rule: '§6.6 once an answer was due',
    about: 'proposals that nobody could sign slander those whom they name',
    ...found('bound-by-contradiction'),
    off: [
      {
        file: 'agreement/silence.ts',
        rule: 'return ((round.prompt >>> slot) & 1) === 1',
        without: 'return true',
      },
    ],
    slow: [1, 50],
  },
  {
    rule: '§6.7 answers with its certificate',
    about: 'a proposer that was shown no certificate asks in vain for shares',
    given: by('withhold-share', [0]),
    off: [
      {
        file: 'phases/agree.ts',
        rule: "turn.out.push({ type: 'send', to: sender, message })\n    return\n",
        without: 'return\n',
      },
    ],
    slow: [1, 3],
  },
  {
    rule: '§6.8 as good as its own',
    about: 'a lower certificate silences who made a higher one: pairs differ',
    ...found('lower-certificate'),
    off: [
      {
        file: 'phases/certify.ts',
        rule: 'if (round.certificate !== null && isBetter(round.certificate.message, message))',
        without: 'if (false)',
      },
    ],
    slow: [0, 1],
  },
]

function attacked({ given, seed = 1 }: Attack, core: Core): SimulationResult {
  const scenario = checkScenario({ name: 'attacked', ...given, stopAtViolation: false })
  const { createMachine } = core
  return new Simulation({ scenario, seed, plants: { createMachine } }).run()
}

const slowOf = ({ rounds }: SimulationResult) => rounds.proposed + rounds.lost

describe('† an attack that its rule stops works when the rule is switched off', () => {
  test.each(ATTACKS)('$rule: $about', async (attack) => {
    const [withRule, without] = attack.slow
    const whole = attacked(attack, WHOLE_CORE)
    expect(whole.violations).toEqual([])
    expect(slowOf(whole)).toBeLessThanOrEqual(withRule)
    const spoilt = attacked(attack, await coreWithout(attack.off))
    expect(slowOf(spoilt)).toBeGreaterThanOrEqual(without)
  })
})
