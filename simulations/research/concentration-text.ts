import type { Place } from '../concentration/committee.ts'
import { alignedTable } from '../report/table.ts'
import type { Concentration } from './concentration.ts'

/** Moves and groups that are shown; JSON has them all. */
const SHOWN_MAX = 12

const TITLES = [
  { harm: 'stops', title: 'to stop it' },
  { harm: 'moves', title: 'to move a price' },
  { harm: 'forges', title: 'to forge' },
] as const

/** Tables for people. */
export function concentrationText(result: Concentration): string {
  const { committee, members, f } = result
  const smallest = alignedTable([
    ['', ...TITLES.map(({ title }) => title), 'one choice that stops it'],
    ...[...new Set(result.coefficients.map(({ dimension }) => dimension))].map((dimension) => {
      const found = TITLES.map(({ harm }) =>
        result.coefficients.find((each) => each.dimension === dimension && each.harm === harm),
      )
      return [
        dimension,
        ...found.map((each) => number(each?.groups ?? null)),
        (found[0]?.example ?? []).join(', '),
      ]
    }),
  ])
  const alone = alignedTable([
    ['failing alone', 'members', 'left', 'feed'],
    ...result.failures
      .filter(({ members: lost }) => lost > 0)
      .slice(0, SHOWN_MAX)
      .map(({ dimension, group, members: lost, remaining, continues }) => [
        `${dimension} ${group}`,
        String(lost),
        String(remaining),
        continues ? 'goes on' : 'stops',
      ]),
  ])
  const moves = alignedTable([
    ['move', ...TITLES.map(({ title }) => title)],
    ...result.moves
      .filter(({ changes }) => changes.length > 0)
      .slice(0, SHOWN_MAX)
      .flatMap(rowsOfMove),
  ])
  return [
    `${committee}: ${members} members, f = ${f}`,
    `Smallest number of groups that together can\n${smallest}`,
    alone,
    moves,
  ].join('\n\n')
}

/** From where, and below it to where; beside both what changes for each harm, a line a change. */
function rowsOfMove({ member, from, to, changes }: Concentration['moves'][number]) {
  const columns = [
    [`${member}: ${placeText(from)}`, `  → ${placeText(to)}`],
    ...TITLES.map(({ harm }) =>
      changes
        .filter((each) => each.harm === harm)
        .map(({ dimension, before, after }) => `${dimension} ${number(before)} → ${number(after)}`),
    ),
  ]
  const lines = Math.max(...columns.map(({ length }) => length))
  return Array.from({ length: lines }, (_, line) => columns.map((cells) => cells[line] ?? ''))
}

function number(groups: number | null): string {
  return groups === null ? '–' : String(groups)
}

function placeText({ region, cloud, jurisdictions }: Place): string {
  return `${region} (${[cloud, ...jurisdictions].join(', ')})`
}
