import type { Import } from './imports.ts'

/**
 * Where a part of the project imports itself by way of others. Parts are the folders of one folder,
 * and each file that stands beside them; what `import type` brings counts, since a reader follows
 * it like any other.
 *
 * @param inside the folder whose parts are compared, ending in `/`
 * @returns each group of parts that reach one another, with the imports that make it so
 */
export function cyclesBetween(inside: string, imports: readonly Import[]): readonly Cycle[] {
  const steps = imports.flatMap(({ from, line, target }) => {
    if (target.type !== 'file') return []
    const [importer, imported] = [partOf(inside, from), partOf(inside, target.path)]
    if (importer === null || imported === null || importer === imported) return []
    return [{ importer, imported, text: `${from}:${line} -> ${target.path}` }]
  })
  const reached = reachOf(steps)
  const isMutual = (a: string, b: string) =>
    reached.get(a)?.has(b) === true && reached.get(b)?.has(a) === true
  const parts = [...reached.keys()].filter((part) => isMutual(part, part)).toSorted()
  const firsts = parts.filter((part) => part === parts.find((other) => isMutual(part, other)))
  return firsts.map((first) => ({
    parts: parts.filter((part) => isMutual(first, part)),
    imports: steps
      .filter(({ importer, imported }) => isMutual(first, importer) && isMutual(first, imported))
      .map(({ text }) => text),
  }))
}

export interface Cycle {
  readonly parts: readonly string[]
  readonly imports: readonly string[]
}

interface Step {
  readonly importer: string
  readonly imported: string
}

/** `node/api/` of what lies in that folder, `node/compose.ts` of a file beside; null elsewhere. */
export function partOf(inside: string, path: string): string | null {
  if (!path.startsWith(inside)) return null
  const slash = path.indexOf('/', inside.length)
  return slash === -1 ? path : path.slice(0, slash + 1)
}

/** All that each part imports, directly or by way of others. */
function reachOf(steps: readonly Step[]): ReadonlyMap<string, ReadonlySet<string>> {
  const direct = Map.groupBy(steps, ({ importer }) => importer)
  const reached = new Map<string, Set<string>>()
  for (const start of direct.keys()) {
    const seen = new Set<string>()
    const open = [start]
    for (let part = open.pop(); part !== undefined; part = open.pop()) {
      const next = (direct.get(part) ?? []).map(({ imported }) => imported)
      for (const found of next.filter((imported) => !seen.has(imported))) {
        seen.add(found)
        open.push(found)
      }
    }
    reached.set(start, seen)
  }
  return reached
}
