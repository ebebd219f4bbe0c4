import { pino } from 'pino'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type LogFields = Readonly<Record<string, unknown>>

/**
 * Logs are events with fields, never sentences: `log.warn('source.quote.stale', {source, ageMs})`.
 * error = an operator must act; warn = may become an error; info = a rare change of state;
 * debug = the rest. Bytes of peers appear as hex only, at debug only.
 */
export interface Log {
  readonly debug: (event: string, fields?: LogFields) => void
  readonly info: (event: string, fields?: LogFields) => void
  readonly warn: (event: string, fields?: LogFields) => void
  readonly error: (event: string, fields?: LogFields) => void
  /** A log whose every event carries these fields. */
  readonly child: (fields: LogFields) => Log
}

export interface LogOptions {
  readonly level: LogLevel
  /** `json`: one object a line, for machines; `text`: one readable line an event. */
  readonly format: 'json' | 'text'
}

/** A log whose level can be changed while it is used; its children change with it. */
export interface LevelledLog extends Log {
  readonly setLevel: (level: LogLevel) => void
}

/** Where lines go; `process.stderr` unless a test collects them. */
export interface LogDestination {
  readonly write: (line: string) => unknown
}

/** Field names that never hold anything an operator should see, wherever they stand. */
const SECRET_FIELDS = [
  'passphrase',
  'password',
  'privateKey',
  'secret',
  'secretKey',
  'share',
  'nonceSecret',
  'authorization',
  'mnemonic',
  'rpcUrl',
  'rpcUrls',
]
const REDACTED = '[redacted]'

/** Makes the node's log; stdout stays free for the results of commands. */
export function createLog(
  options: LogOptions,
  destination: LogDestination = process.stderr,
): LevelledLog {
  const stream =
    options.format === 'json'
      ? destination
      : { write: (line: string) => destination.write(textLine(line)) }
  const logger = pino(
    {
      // Every line that gets here is written: the threshold is ours, so that it can change.
      level: LOG_LEVELS[0],
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: REDACTED },
      serializers: { error: errorFields },
    },
    { write: (line: string) => void stream.write(line) },
  )
  const threshold = { rank: rankOf(options.level) }
  const setLevel = (level: LogLevel) => {
    threshold.rank = rankOf(level)
  }
  return { ...wrap(logger, threshold), setLevel }
}

/** A log that says nothing; for tools and tests. */
export const SILENT_LOG: Log = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT_LOG,
})

type PinoWrite = (fields: LogFields, event: string) => void

/** The part of pino that is used. */
interface PinoLogger {
  readonly debug: PinoWrite
  readonly info: PinoWrite
  readonly warn: PinoWrite
  readonly error: PinoWrite
  readonly child: (fields: LogFields) => PinoLogger
}

/** What is less than this is not written. */
interface Threshold {
  readonly rank: number
}

function rankOf(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level)
}

function wrap(logger: PinoLogger, threshold: Threshold): Log {
  const writer =
    (level: Exclude<LogLevel, 'silent'>) =>
    (event: string, fields: LogFields = {}): void => {
      if (rankOf(level) >= threshold.rank) logger[level](fields, event)
    }
  return {
    debug: writer('debug'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    child: (fields) => wrap(logger.child(fields), threshold),
  }
}

/** Code, message and context of an error; stacks only where an operator asked for debugging. */
function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { message: String(error) }
  const code = 'code' in error ? { code: error.code } : {}
  const context = 'context' in error ? { context: error.context } : {}
  const cause = error.cause instanceof Error ? { cause: error.cause.message } : {}
  return { ...code, message: error.message, ...context, ...cause }
}

function textLine(line: string): string {
  const { time, level, event, ...fields } = JSON.parse(line) as Record<string, unknown>
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`)
  const head = `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(event)}`
  return `${[head, ...pairs].join(' ')}\n`
}

/** JSON keeps control characters of foreign texts from reaching the terminal. */
function shown(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value)
}
