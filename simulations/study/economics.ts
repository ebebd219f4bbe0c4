import type { Attack, SurfacePoint } from '../economics/break-even.ts'
import { breakEven } from '../economics/break-even.ts'
import { loadEconomy } from '../input/economy-file.ts'
import { columnsOf } from '../report/data-table.ts'
import type { Figure } from '../report/figure/figure.ts'
import type { EconomicsResult } from '../research/economics.ts'
import { economicsText } from '../research/economics-text.ts'
import type { RunStudy, Study } from './study.ts'

const DEFAULT_FILE = new URL('../economics/worked-book.yaml', import.meta.url).pathname

/** Study (e): what attacks cost and take, and from where on none pays. */
export const studyOfEconomics: RunStudy = async ({ file }) => {
  const economy = loadEconomy(file ?? DEFAULT_FILE)
  const result: EconomicsResult = { name: economy.name, ...breakEven(economy) }
  const { attacks, surface } = result
  const sizes = [...new Set(surface.map(({ f }) => f))]
  return {
    name: 'e',
    title: 'When does corruption pay?',
    method: METHOD,
    findings: findingsOf(result),
    figures: [
      ...(['up', 'down'] as const).map((direction) => profitOf(direction, attacks)),
      ...sizes.map((f) => surfaceOf(f, surface)),
    ],
    tables: [
      { id: 'attacks', title: 'Attacks', table: attackTable(attacks) },
      { id: 'surface', title: 'Surface', table: surfaceTable(surface) },
    ],
    isHeld: true,
    text: economicsText(result),
    data: { ...result },
  } satisfies Study
}

const METHOD = [
  'Profit: what a perpetual pays on its notional, and options by the formulas of the ' +
    'contracts, less what they cost; capped by what the market can pay, and nothing ' +
    'where it refuses the jump.',
  'Cost: bribes for f + 1 members, who want their bond as far as it is slashed, the ' +
    'income that ends, and a premium; or the cheapest venues, more than half of them, ' +
    'pushed by the move and held there against what arbitrage refills. An attacker takes ' +
    'the cheaper way.',
  'All figures of the example are assumptions, to be replaced by your own: study e FILE.',
]

function findingsOf({ best, bondUsd, depthTimes }: EconomicsResult): readonly string[] {
  const way = best.way === 'members' ? 'bribes' : 'venues'
  return [
    best.netUsd > 0
      ? `The best attack moves the price ${best.direction} by ${best.moveBps} basis points ` +
        `through ${way}, and leaves ${thousands(best.netUsd)} thousand dollars.`
      : 'No attack pays.',
    bondUsd === null
      ? 'No bond makes bribes too dear: a lie is not slashed here.'
      : `Bribes never pay from a bond of ${thousands(bondUsd)} thousand dollars per member on.`,
    `Pushing venues never pays from ${depthTimes.toFixed(2)} times their depth on.`,
  ]
}

function profitOf(direction: Attack['direction'], attacks: readonly Attack[]): Figure {
  const own = attacks.filter((each) => each.direction === direction)
  const curve = (name: string, read: (attack: Attack) => number) => ({
    name,
    points: own.map((each) => ({ x: each.moveBps, y: read(each) / 1_000 })),
  })
  const paid = Math.max(
    ...own.map(({ profitUsd, membersCostUsd }) => Math.max(profitUsd, membersCostUsd)),
  )
  return {
    id: `profit-${direction}`,
    title: `What a move ${direction} takes, and what it costs`,
    caption:
      'An attack pays where the profit is above the lower of the two costs. Costs above ' +
      'the figure are not shown.',
    plot: {
      type: 'lines',
      x: { label: `move of the price ${direction} (basis points)` },
      y: { label: 'thousands of US dollars', range: [0, Math.ceil((1.1 * paid) / 500_000) * 500] },
      series: [
        curve('profit from the book', ({ profitUsd }) => profitUsd),
        curve('bribes for f + 1 members', ({ membersCostUsd }) => membersCostUsd),
        curve('pushing venues', ({ venuesCostUsd }) => venuesCostUsd),
      ],
    },
  }
}

function surfaceOf(f: number, surface: readonly SurfacePoint[]): Figure {
  const own = surface.filter((point) => point.f === f)
  // Of all figures alike: the same colour is the same money.
  const until = Math.max(...surface.map(({ netUsd }) => Math.abs(netUsd)))
  const bonds = [...new Set(own.map(({ bondUsd }) => bondUsd))]
  const depths = [...new Set(own.map(({ depthTimes }) => depthTimes))]
  const cellAt = (bondUsd: number, depthTimes: number) => {
    const point = own.find((each) => each.bondUsd === bondUsd && each.depthTimes === depthTimes)
    if (point === undefined) return null
    const way = point.way === 'members' ? 'b' : 'v'
    return { value: point.netUsd, text: `${thousands(point.netUsd)} ${way}` }
  }
  return {
    id: `surface-f${f}`,
    title: `What is left of the best attack, f = ${f}`,
    caption:
      'Red pays, blue does not; the thick line parts them. b: through bribes, v: through venues.',
    plot: {
      type: 'heat',
      x: { label: 'depth of the venues (multiples)', names: depths.map((each) => `× ${each}`) },
      y: { label: 'bond (k$)', names: bonds.map(thousands) },
      cells: bonds.map((bond) => depths.map((depth) => cellAt(bond, depth))),
      value: 'profit less cost of the best attack, thousands of US dollars',
      isDiverging: true,
      until,
    },
  }
}

function attackTable(attacks: readonly Attack[]) {
  return {
    columns: [
      ...columnsOf('text', ['direction']),
      ...columnsOf('number', ['moveBps', 'profitUsd', 'membersCostUsd', 'venuesCostUsd']),
      ...columnsOf('text', ['way']),
      ...columnsOf('number', ['netUsd']),
    ],
    rows: attacks.map((each) => [
      each.direction,
      each.moveBps,
      each.profitUsd,
      each.membersCostUsd,
      each.venuesCostUsd,
      each.way,
      each.netUsd,
    ]),
  }
}

function surfaceTable(surface: readonly SurfacePoint[]) {
  return {
    columns: [
      ...columnsOf('integer', ['f']),
      ...columnsOf('number', ['bondUsd', 'depthTimes', 'netUsd']),
      ...columnsOf('text', ['way']),
    ],
    rows: surface.map((each) => [each.f, each.bondUsd, each.depthTimes, each.netUsd, each.way]),
  }
}

function thousands(usd: number): string {
  return (usd / 1_000)
    .toFixed(0)
    .replace(/\B(?=(\d{3})+$)/g, '\u2009')
    .replace('-', '−')
}
