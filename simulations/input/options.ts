/** Reads a whole number of a command line. @throws {RangeError} when it is none, or out of range */
export function wholeNumber(
  option: string,
  text: string | undefined,
  range: { readonly min?: number; readonly max?: number } = {},
): number | null {
  const { min = 0, max = 0xffffffff } = range
  if (text === undefined) return null
  const value = Number(text)
  if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return value
  throw new RangeError(`${option} must be a whole number from ${min} to ${max}`)
}
