/** Unix time in milliseconds, a safe integer. */
export type UnixMs = number
/** A span of time in milliseconds, a safe integer. */
export type DurationMs = number
