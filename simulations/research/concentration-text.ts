import type { Place } from '../concentration/committee.ts'
import { alignedTable } from '../report/table.ts'
import type { Concentration } from './concentration.ts'

/** Moves and groups that are shown; JSON has them all. */
const SHOWN_MAX = 12

/** Tables for people. */
export function concentrationText(result: Concentration): string {
  const { committee, members, f } = result
  const number = (groups: number | null) => (groups === null ? '–' : String(groups))
  const smallest = alignedTable([
    ['', 'to stop it', 'to move a price', 'to forge', 'one choice that stops it'],
    ...[...new Set(result.coefficients.map(({ dimension }) => dimension))].map((dimension) => {
      const of = (harm: string) =>
        result.coefficients.find((each) => each.dimension === dimension && each.harm === harm)
      const [stops, moves, forges] = [of('stops'), of('moves'), of('forges')]
      return [
        dimension,
        ...[stops, moves, forges].map((each) => number(each?.groups ?? null)),
        (stops?.example ?? []).join(', '),
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
    ['move', 'changes'],
    ...result.moves
      .filter(({ changes }) => changes.length > 0)
      .slice(0, SHOWN_MAX)
      .map(({ member, from, to, changes }) => [
        `${member}: ${placeText(from)} → ${placeText(to)}`,
        changes
          .map((each) => {
            const { dimension, harm, before, after } = each
            return `${dimension} ${harm} ${number(before)} → ${number(after)}`
          })
          .join('; '),
      ]),
  ])
  return [
    `${committee}: ${members} members, f = ${f}`,
    `Smallest number of groups that together can\n${smallest}`,
    alone,
    moves,
  ].join('\n\n')
}

function placeText({ region, cloud, jurisdictions }: Place): string {
  return `${region} (${[cloud, ...jurisdictions].join(', ')})`
}
