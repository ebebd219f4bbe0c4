import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { codeOf, OracleError } from '../errors.ts'
import { makeDirectory, replaceDurably } from '../store/durable-file.ts'

const HOUR_MS = 3_600_000
const HOURS_COUNTED = 24

const fileSchema = z.strictObject({
  spentWeiByHour: z.record(z.string().regex(/^\d{1,9}$/), z.string().regex(/^\d{1,40}$/)),
})

/**
 * What one wallet spent on gas on one chain in the last 24 hours, counted by whole hours: it may
 * count up to an hour too much, never too little. Kept in a file, so that a node that restarts in a
 * loop does not spend its ceiling each time.
 */
export class Spending {
  readonly #file: string | null
  #weiByHour = new Map<number, bigint>()

  /** @param options without a file it counts from the start of the process */
  constructor(options: { readonly file: string | null }) {
    this.#file = options.file
  }

  /**
   * Reads the file; a missing one means that nothing was spent.
   *
   * @throws {OracleError} SPENDING_UNREADABLE
   */
  async load(): Promise<void> {
    const file = this.#file
    if (file === null) return
    let text: string
    try {
      text = await readFile(file, 'utf8')
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return
      throw unreadable(file, cause)
    }
    try {
      const { spentWeiByHour } = fileSchema.parse(JSON.parse(text))
      const hours = Object.entries(spentWeiByHour)
      this.#weiByHour = new Map(hours.map(([hour, wei]) => [Number(hour), BigInt(wei)]))
    } catch (cause) {
      throw unreadable(file, cause)
    }
  }

  /** Wei spent in the 24 hours before a moment. */
  spentWei(nowMs: UnixMs): bigint {
    const oldest = Math.floor(nowMs / HOUR_MS) - HOURS_COUNTED
    let sum = 0n
    for (const [hour, wei] of this.#weiByHour) if (hour >= oldest) sum += wei
    return sum
  }

  /**
   * Counts a cost and writes the file; older hours are dropped. What cannot be written is counted
   * all the same, until the process ends.
   *
   * @throws {OracleError} FILE_NOT_WRITTEN
   */
  async record(wei: bigint, nowMs: UnixMs): Promise<void> {
    const hour = Math.floor(nowMs / HOUR_MS)
    this.#weiByHour.set(hour, (this.#weiByHour.get(hour) ?? 0n) + wei)
    for (const counted of this.#weiByHour.keys()) {
      if (counted < hour - HOURS_COUNTED) this.#weiByHour.delete(counted)
    }
    const file = this.#file
    if (file === null) return
    const hours = [...this.#weiByHour].map(([counted, spent]) => [counted, spent.toString()])
    const text = `${JSON.stringify({ spentWeiByHour: Object.fromEntries(hours) })}\n`
    makeDirectory(dirname(file))
    await replaceDurably(file, text)
  }
}

function unreadable(file: string, cause: unknown): OracleError {
  return new OracleError(
    'SPENDING_UNREADABLE',
    `cannot read ${file}, which counts what the wallet spent today; ` +
      'repair its permissions, or move it away to start from zero',
    { context: { file, cause: codeOf(cause) }, cause },
  )
}
