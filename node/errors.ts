/** Facts about one failure: small, serialisable, free of secrets. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>

/**
 * The world or the operator is wrong: a coded error whose message says what to do. Match on `code`,
 * never on class or text; every code has an entry in docs/errors.md.
 */
export class OracleError extends Error {
  readonly code: string
  readonly context: ErrorContext

  constructor(
    code: string,
    message: string,
    details: { readonly context?: ErrorContext; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'OracleError'
    this.code = code
    this.context = details.context ?? {}
  }
}

/** The code of any thrown thing: ours, a system error's, or `UNKNOWN`. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return 'UNKNOWN'
}
