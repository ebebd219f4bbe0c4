import { OracleError } from '../errors.ts'

/**
 * Refuses what a caller passed, who may have written JavaScript, or read it from a file: without
 * this, an age limit that is left out would let every age through.
 *
 * @throws {OracleError} `CLIENT_OPTION_INVALID`
 */
export function checkOption(isRight: boolean, option: string, wanted: string): void {
  if (isRight) return
  throw new OracleError('CLIENT_OPTION_INVALID', `${option} must be ${wanted}`, {
    context: { option },
  })
}

/** Whole and at least 1, as a limit in milliseconds or a Unix time in seconds has to be. */
export function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

/** Whether a gateway can be asked there; `fetch` takes no address with a name and a password. */
export function isHttpAddress(value: unknown): value is string {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value) || !URL.canParse(value))
    return false
  const { username, password } = new URL(value)
  return username === '' && password === ''
}
