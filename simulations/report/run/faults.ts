import type { Scenario } from '../../scenario/schema.ts'
import type { Figure, Span, StripCell, StripRow } from '../figure/figure.ts'
import { DOWN } from '../figure/svg.ts'
import {
  membersText,
  roundAxis,
  roundsOf,
  type ShownRun,
  shortened,
  timingOf,
} from './shown-run.ts'

const CATEGORIES = [
  { name: 'down', colour: DOWN },
  { name: 'links cut', colour: '#b7c3d0', isHatched: true },
  { name: 'clock wrong', colour: '#56b4e9' },
  { name: 'venue wrong', colour: '#e69f00', isHatched: true },
  { name: 'coin off its peg', colour: '#f0e442', isHatched: true },
  { name: 'chain wrong', colour: '#8c6d31', isHatched: true },
  { name: 'attack', colour: '#cc79a7' },
  { name: 'convicted', colour: '#009e73' },
  { name: 'invariant broken', colour: '#d55e00' },
] as const
type Kind = (typeof CATEGORIES)[number]['name']

/** Something that was wrong for a while. */
interface Trouble {
  readonly kind: Kind
  readonly name: string
  readonly text: string
  /** In rounds. */
  readonly spans: readonly (readonly [from: number, to: number])[]
}

/** Repeated faults are drawn one by one up to so many, and as one stretch beyond. */
const REPEATS_MAX = 200
const ROWS_MAX = 24
const NAME_CHARACTERS = 22

/**
 * Stretches in which something besides the members under control is wrong, to be shaded. What lasts
 * for most of the run would shade all of it and show nothing.
 */
export function faultSpans(run: ShownRun): readonly Span[] {
  return shortSpans(run, faultsOf(run))
}

/** The same of the chain, which disturbs no round. */
export function chainSpans(run: ShownRun): readonly Span[] {
  return shortSpans(run, chainFaultsOf(run))
}

function shortSpans(run: ShownRun, troubles: readonly Trouble[]): readonly Span[] {
  const [first, last] = roundsOf(run)
  return troubles.flatMap(({ text, spans }) =>
    spans.flatMap(([from, to]) => {
      const isShort = from < last && to > first && to - from <= (last - first) / 2
      return isShort ? [{ name: text, from, to }] : []
    }),
  )
}

/** Faults and attacks over the run; null when there was neither. */
export function faultsFigure(run: ShownRun): Figure | null {
  const all = [...attacksOf(run), ...faultsOf(run), ...chainFaultsOf(run), ...foundOf(run)]
  if (all.length === 0) return null
  const shown = all.slice(0, ROWS_MAX)
  const rest = all.length - shown.length
  return {
    id: 'faults',
    title: 'Faults and attacks',
    caption:
      'What the scenario disturbs, and what was found. Members that an adversary ends show in ' +
      `the figure of the members.${rest > 0 ? ` ${rest} more are not shown.` : ''}`,
    plot: {
      type: 'strip',
      x: roundAxis(run),
      y: null,
      categories: CATEGORIES,
      rowHeight: 22,
      rows: shown.map((trouble) => rowOf(trouble, run)),
    },
  }
}

function rowOf({ kind, name, text, spans }: Trouble, run: ShownRun): StripRow {
  const [first, last] = roundsOf(run)
  const counts = CATEGORIES.map((each) => (each.name === kind ? 1 : 0))
  const cells = spans.flatMap(([from, to]): StripCell[] => {
    const cell = { from: Math.max(first, from), to: Math.min(last, to), counts, text }
    return cell.from < cell.to ? [cell] : []
  })
  return { name: shortened(name, NAME_CHARACTERS), cells }
}

function attacksOf(run: ShownRun): readonly Trouble[] {
  return run.scenario.adversaries.map(({ strategy, members }) => ({
    kind: 'attack',
    name: `${strategy} (${membersText(members)})`,
    text: `${strategy} by ${membersText(members)}`,
    spans: [roundsOf(run)],
  }))
}

/** What came to light: a conviction lasts, an invariant breaks in one round. */
function foundOf(run: ShownRun): readonly Trouble[] {
  const { record, result } = run
  const [, last] = roundsOf(run)
  const convicted = [...record.convicted].map(([member, round]): Trouble => {
    const text = `${member} convicted in round ${round}`
    return { kind: 'convicted', name: `convicted (${member})`, text, spans: [[round, last]] }
  })
  const rules = [...new Set(result.violations.map(({ rule }) => rule))]
  const broken = rules.map((rule): Trouble => {
    const rounds = result.violations.flatMap((each) => (each.rule === rule ? each.round : []))
    const spans = [...new Set(rounds)].map((round) => [round, round + 1] as const)
    return { kind: 'invariant broken', name: `${rule} broken`, text: `${rule} broken`, spans }
  })
  return [...convicted, ...broken]
}

function faultsOf(run: ShownRun): readonly Trouble[] {
  const { scenario } = run
  const { roundMs } = timingOf(run)
  const [, last] = roundsOf(run)
  const inRounds = (fromMs: number, toMs: number | null) =>
    [fromMs / roundMs, toMs === null ? last : toMs / roundMs] as const
  const faults = scenario.faults.flatMap((fault) => faultOf(fault, { inRounds, last, roundMs }))
  const cuts = scenario.network.cuts.map((cut): Trouble => {
    const [from, to] = [membersText(cut.senders), membersText(cut.receivers)]
    const flapping = cut.flapMs === undefined ? '' : `, on and off every ${cut.flapMs} ms`
    const text = `links cut ${from} ${cut.oneWay ? 'to' : 'and'} ${to}${flapping}`
    const name = `${from} ${cut.oneWay ? '→' : '|'} ${to}`
    return { kind: 'links cut', name, text, spans: [inRounds(cut.fromMs, cut.toMs)] }
  })
  return [...faults, ...cuts, ...pricesOf(scenario, inRounds)]
}

type InRounds = (fromMs: number, toMs: number | null) => readonly [number, number]

/** What goes wrong at venues, of feeds and of coins, and with coins themselves. */
function pricesOf({ prices }: Scenario, inRounds: InRounds): readonly Trouble[] {
  const all = [...prices.venues, ...prices.conversions.flatMap(({ venues }) => venues)]
  const venues = all.flatMap(({ name, incidents }) =>
    incidents.map(({ type, fromMs, toMs }): Trouble => {
      const spans = [inRounds(fromMs, toMs)]
      return { kind: 'venue wrong', name: `${name} ${type}`, text: `venue ${name} ${type}`, spans }
    }),
  )
  const coins = prices.conversions.flatMap(({ market, depeg }): Trouble[] => {
    if (depeg === undefined) return []
    const { fromMs, toMs = null, depthBps, recoveryMs } = depeg
    const text = `${market} ${depthBps / 100} % below par`
    const spans = [inRounds(fromMs, toMs === null ? null : toMs + recoveryMs)]
    return [{ kind: 'coin off its peg', name: `${market} off`, text, spans }]
  })
  const pushes = prices.manipulations.map((manipulation): Trouble => {
    const { fromMs, toMs, moveBps, targetUsd, market = 'the first feed' } = manipulation
    const aim = targetUsd === undefined ? `by ${moveBps} bps` : `to ${targetUsd} USD`
    const text = `venues of ${market} pushed ${aim}, ${manipulation.how}`
    return { kind: 'venue wrong', name: `pushed ${aim}`, text, spans: [inRounds(fromMs, toMs)] }
  })
  return [...venues, ...coins, ...pushes]
}

type Fault = Scenario['faults'][number]

function faultOf(
  fault: Fault,
  of: {
    readonly inRounds: InRounds
    readonly last: number
    readonly roundMs: number
  },
): readonly Trouble[] {
  const who = membersText(fault.members)
  switch (fault.type) {
    // When its promise comes is not known from the scenario; the members' figure shows it.
    case 'stop':
      return []
    case 'crash': {
      const text = `down: ${who}, disk ${fault.disk}`
      return [{ kind: 'down', name: `down (${who})`, text, spans: crashSpans(fault, of) }]
    }
    case 'clockShift':
    case 'clockDrift': {
      const text =
        fault.type === 'clockShift'
          ? `clock of ${who} shifted by ${fault.byMs} ms`
          : `clock of ${who} drifts by ${fault.driftPpm} ppm`
      const spans = [of.inRounds(fault.atMs, null)]
      return [{ kind: 'clock wrong', name: `clock (${who})`, text, spans }]
    }
  }
}

function crashSpans(
  { atMs, restartMs, everyMs }: Extract<Fault, { type: 'crash' }>,
  of: Parameters<typeof faultOf>[1],
): readonly (readonly [number, number])[] {
  const { inRounds, last, roundMs } = of
  if (restartMs === undefined) return [inRounds(atMs, null)]
  if (everyMs === undefined) return [inRounds(atMs, restartMs)]
  const repeats = Math.ceil((last * roundMs - atMs) / everyMs)
  if (repeats > REPEATS_MAX) return [inRounds(atMs, null)]
  return Array.from({ length: Math.max(0, repeats) }, (_, index) =>
    inRounds(atMs + index * everyMs, restartMs + index * everyMs),
  )
}

function chainFaultsOf(run: ShownRun): readonly Trouble[] {
  const { roundMs } = timingOf(run)
  return (run.scenario.chain?.faults ?? []).map((fault): Trouble => {
    const [fromMs, toMs] =
      fault.type === 'reorg' ? [fault.atMs, fault.atMs + roundMs] : [fault.fromMs, fault.toMs]
    const name = chainFaultName(fault)
    return { kind: 'chain wrong', name, text: name, spans: [[fromMs / roundMs, toMs / roundMs]] }
  })
}

function chainFaultName(fault: NonNullable<Scenario['chain']>['faults'][number]): string {
  switch (fault.type) {
    case 'reorg':
      return `reorg of ${fault.depth}`
    case 'feeSpike':
      return `demand ×${fault.factor}`
    case 'sequencerDown':
      return 'sequencer down'
    case 'transmitters':
      return `${fault.how} (${membersText(fault.members)})`
    default: {
      const what = { rpcDown: 'down', rpcLagging: 'lags', rpcLying: 'lies' }[fault.type]
      return `rpc ${membersText(fault.endpoints)} ${what} (${membersText(fault.members)})`
    }
  }
}
