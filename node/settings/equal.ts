/** Settings as text, the same for equal ones: names in their order, amounts in full. */
export function textOfConfig(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === 'bigint') return `${part}n`
      if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
      return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    }) ?? ''
  )
}

/** Whether two settings say the same, in whatever order their names stand. */
export function isEqualConfig(a: unknown, b: unknown): boolean {
  return textOfConfig(a) === textOfConfig(b)
}
