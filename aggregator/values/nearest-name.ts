/** Nobody types a longer name by hand; the work grows with the product of two lengths. */
const LENGTH_MAX = 64
/** So many letters of a name, or more, stand for it where it was not written to its end. */
const BEGINNING_MIN = 3
/** Options told of; a command line that is a mistake as a whole has no end of them. */
const OPTIONS_TOLD_MAX = 10

/**
 * The name that was probably meant by one that is none: at most a third of its letters differ, or
 * it begins one; of several the nearest, the first of those. Null where none is near.
 */
export function nearestName(given: string, names: readonly string[]): string | null {
  if (given.length > LENGTH_MAX) return null
  const found = names
    .filter((name) => name.length <= LENGTH_MAX)
    .map((name) => ({ name, distance: distanceOf(lettersOf(given), lettersOf(name)) }))
    .filter(({ name, distance }) => 3 * distance <= longer(given, name) && distance < name.length)
    .toSorted((one, other) => one.distance - other.distance)
  if (found[0] !== undefined) return found[0].name
  const isBegun = given.length >= BEGINNING_MIN
  return names.find((name) => isBegun && name.startsWith(given)) ?? null
}

/** The same as what a message may end with; empty where none is near. */
export function hintOf(given: string, names: readonly string[]): string {
  const nearest = nearestName(given, names)
  return nearest === null ? '' : `; did you mean ${nearest}?`
}

/** Names that are none, each with what it stands for: `--sed (did you mean --seed?), --hm`. */
export function hintedList(given: readonly string[], names: readonly string[]): string {
  const hinted = given.map((each) => {
    const nearest = nearestName(each, names)
    return nearest === null ? each : `${each} (did you mean ${nearest}?)`
  })
  return hinted.join(', ')
}

/** A part of a command line as `parseArgs` gives it. */
interface Token {
  readonly kind: string
  readonly name?: string
  readonly rawName?: string
}

/** What is said of all options that there are none of, each once and with what it stands for. */
export function unknownOptions(tokens: readonly Token[], known: readonly string[]): string {
  const unknown = tokens.flatMap(({ kind, name = '', rawName = name }) =>
    kind === 'option' && !known.includes(name) ? [rawName] : [],
  )
  const names = known.map((name) => `--${name}`)
  return `there is no option ${hintedList([...new Set(unknown)].slice(0, OPTIONS_TOLD_MAX), names)}`
}

/** Whole letters, in any case. */
function lettersOf(name: string): readonly string[] {
  return Array.from(name.toLowerCase())
}

function longer(one: string, other: string): number {
  return one.length > other.length ? one.length : other.length
}

/** Letters to put in, take out, replace, or swap with their neighbour. */
function distanceOf(from: readonly string[], to: readonly string[]): number {
  let before: readonly number[] = []
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const [row, letter] of from.entries()) {
    const next = [row + 1]
    for (const [at, other] of to.entries()) {
      const replaced = (last[at] ?? 0) + (letter === other ? 0 : 1)
      const isSwap = row > 0 && at > 0 && letter === to[at - 1] && from[row - 1] === other
      const swapped = isSwap ? (before[at - 1] ?? 0) + 1 : replaced
      next.push(smallest([replaced, swapped, (last[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1]))
    }
    before = last
    last = next
  }
  return last[to.length] ?? 0
}

function smallest(numbers: readonly [number, ...number[]]): number {
  return numbers.reduce((least, each) => (each < least ? each : least), numbers[0])
}
