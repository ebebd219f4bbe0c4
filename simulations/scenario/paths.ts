/** A place in a scenario: keys of objects and positions in lists. */
export type Path = readonly (string | number)[]

export type Raw = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: unknown, [key, ...rest]: Path): unknown {
  return key === undefined ? value : valueAt(childOf(value, key), rest)
}

/** The same with another value at a path, or none for undefined; as it was where nothing stands. */
export function changedAt<T>(value: T, path: Path, change: (from: unknown) => unknown): T {
  return changed(value, path, change) as T
}

function changed(value: unknown, path: Path, change: (from: unknown) => unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  const inner = childOf(value, key)
  if (inner === undefined) return value
  const next = changed(inner, rest, change)
  if (Array.isArray(value)) return value.with(Number(key), next)
  const { [key]: _, ...others } = value as Record<string | number, unknown>
  // In its old place, so that what is written out again keeps its order.
  return next === undefined ? others : { ...(value as Raw), [key]: next }
}

function childOf(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? value[key] : undefined
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
}
