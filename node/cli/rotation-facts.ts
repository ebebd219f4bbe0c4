import type { Params } from '../../aggregator/params.ts'
import { toHex } from '../../aggregator/values/bytes.ts'

/** What an operator sees change between two committees, before it approves. */
export interface Differences {
  /** Identity keys. */
  readonly membersAdded: readonly string[]
  readonly membersRemoved: readonly string[]
  /** Names of other parameters that change, such as `timing.roundMs`. */
  readonly parametersChanged: readonly string[]
}

export function differencesOf(current: Params, next: Params): Differences {
  const [before, after] = [keysOf(current), keysOf(next)]
  return {
    membersAdded: after.filter((key) => !before.includes(key)),
    membersRemoved: before.filter((key) => !after.includes(key)),
    parametersChanged: changedIn(flat(current), flat(next)),
  }
}

function keysOf({ members }: Params): readonly string[] {
  return members.map(({ identityKey }) => toHex(identityKey))
}

/** Everything but the members, one level deep, feeds as a whole. */
function flat({ members: _members, ...params }: Params): ReadonlyMap<string, string> {
  const text = (value: unknown) =>
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each))
  const entries = Object.entries(params).flatMap(([name, value]) =>
    typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value).map(([part, each]) => [`${name}.${part}`, text(each)] as const)
      : [[name, text(value)] as const],
  )
  return new Map(entries)
}

function changedIn(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...after].flatMap(([name, value]) => (before.get(name) === value ? [] : [name]))
}
