import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Address, Hex } from 'viem'
import { z } from 'zod'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { codeOf, OracleError } from '../errors.ts'
import { makeDirectory, replaceDurably } from '../store/durable-file.ts'

/** A nonce that was signed for, and of which no receipt says yet what it cost. */
export interface OpenNonce {
  readonly nonce: number
  /** Most that any transaction with it may cost, in wei. */
  readonly weiMax: bigint
  /** Transactions signed with it, the oldest first. */
  readonly hashes: readonly Hex[]
  /** Hour in which the chain was first seen to have used it; null while it may still. */
  readonly usedHour: number | null
}

const HOUR_MS = 3_600_000
const HOURS_COUNTED = 24
/** Of one nonce the newest stay: a receipt that is missed for it leaves the worst case counted. */
const HASHES_MAX = 16
/** Twice the deliveries that wait for confirmations; of more the oldest count as used now. */
const OPEN_MAX = 128

const wei = z.string().regex(/^\d{1,40}$/)
const fileSchema = z.strictObject({
  spentWeiByHour: z.record(z.string().regex(/^\d{1,9}$/), wei),
  wallet: z.string().max(42).default(''),
  open: z
    .array(
      z.strictObject({
        nonce: z.int().min(0),
        weiMax: wei,
        hashes: z.array(z.string().regex(/^0x[0-9a-f]{64}$/)).max(HASHES_MAX),
        usedHour: z.int().min(0).nullable(),
      }),
    )
    .max(OPEN_MAX)
    .default([]),
})

/** Where a node keeps what its wallet spent on a chain of the configuration. */
export function spendingPath(dataDirectory: string, chain: string): string {
  return join(dataDirectory, `spending-${chain}.json`)
}

/**
 * What one wallet spent on gas on one chain in the last 24 hours, counted by whole hours: it may
 * count up to an hour too much, never too little. A nonce counts from before it is sent, at the
 * worst case of its dearest transaction, until a receipt says what it cost; one of which there
 * never is a receipt counts so for a day after the chain had used it. Kept in a file, so that a
 * node that restarts in a loop does not spend its ceiling each time.
 */
export class Spending {
  readonly #file: string | null
  #wallet = ''
  #weiByHour = new Map<number, bigint>()
  #open = new Map<number, OpenNonce>()

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
      const { spentWeiByHour, wallet, open } = fileSchema.parse(JSON.parse(text))
      const hours = Object.entries(spentWeiByHour)
      this.#weiByHour = new Map(hours.map(([hour, spent]) => [Number(hour), BigInt(spent)]))
      this.#wallet = wallet
      this.#open = new Map(open.map((each) => [each.nonce, openFrom(each)]))
    } catch (cause) {
      throw unreadable(file, cause)
    }
  }

  /** Counts for this wallet from now on; what another one left open counts as used now. */
  payFrom(wallet: Address, nowMs: UnixMs): void {
    const paying = wallet.toLowerCase()
    if (this.#wallet !== paying) for (const nonce of this.#open.keys()) this.#close(nonce, nowMs)
    this.#wallet = paying
  }

  /**
   * Wei spent in the 24 hours before a moment, or that may be spent yet.
   *
   * @param besides a nonce that is not counted, because it is about to be used again
   */
  spentWei(nowMs: UnixMs, besides?: number): bigint {
    const oldest = hourOf(nowMs) - HOURS_COUNTED
    let sum = 0n
    for (const [hour, spent] of this.#weiByHour) if (hour >= oldest) sum += spent
    for (const { nonce, weiMax, usedHour } of this.#open.values()) {
      if (nonce !== besides && (usedHour === null || usedHour >= oldest)) sum += weiMax
    }
    return sum
  }

  /** The most that a nonce may cost by what was signed with it so far, in wei; 0 of any other. */
  weiMaxOf(nonce: number): bigint {
    return this.#open.get(nonce)?.weiMax ?? 0n
  }

  /** Whether a receipt of a transaction is looked for. */
  holds(nonce: number, hash: Hex): boolean {
    return this.#open.get(nonce)?.hashes.includes(hash) ?? false
  }

  /** Nonces whose cost is not known, in the order in which they were signed for. */
  get open(): readonly OpenNonce[] {
    return [...this.#open.values()]
  }

  /**
   * Counts a transaction at its worst, before it is sent. Of several with one nonce a single one is
   * ever paid: the dearest counts.
   *
   * @throws {OracleError} FILE_NOT_WRITTEN; then it must not be sent
   */
  async reserve(
    { nonce, hash, weiMax }: Pick<OpenNonce, 'nonce' | 'weiMax'> & { readonly hash: Hex },
    nowMs: UnixMs,
  ): Promise<void> {
    const before = this.#open.get(nonce)
    const hashes = (before?.hashes ?? []).filter((other) => other !== hash)
    this.#open.set(nonce, {
      nonce,
      weiMax: before !== undefined && before.weiMax > weiMax ? before.weiMax : weiMax,
      hashes: [...hashes, hash].slice(-HASHES_MAX),
      usedHour: null,
    })
    const [oldest] = this.#open.keys()
    if (this.#open.size > OPEN_MAX && oldest !== undefined) this.#close(oldest, nowMs)
    await this.#write(nowMs)
  }

  /** No receipt is looked for of a transaction that everybody refused; its nonce still counts. */
  refused(nonce: number, hash: Hex): void {
    const open = this.#open.get(nonce)
    if (open === undefined) return
    this.#open.set(nonce, { ...open, hashes: open.hashes.filter((other) => other !== hash) })
  }

  /** Takes note which nonces the chain has used: those below this one. */
  usedBelow(nonce: number, nowMs: UnixMs): void {
    for (const open of this.#open.values()) {
      const usedHour = open.nonce < nonce ? (open.usedHour ?? hourOf(nowMs)) : null
      this.#open.set(open.nonce, { ...open, usedHour })
    }
    this.#forget(nowMs)
  }

  /**
   * Counts what a nonce cost in place of its worst case, once. Written as by `record`.
   *
   * @throws {OracleError} FILE_NOT_WRITTEN
   */
  async settle(nonce: number, cost: bigint, nowMs: UnixMs): Promise<void> {
    if (this.#open.delete(nonce)) await this.record(cost, nowMs)
  }

  /**
   * Counts a cost and writes the file; older hours are dropped. What cannot be written is counted
   * all the same, until the process ends.
   *
   * @throws {OracleError} FILE_NOT_WRITTEN
   */
  async record(cost: bigint, nowMs: UnixMs): Promise<void> {
    this.#add(cost, nowMs)
    await this.#write(nowMs)
  }

  #add(cost: bigint, nowMs: UnixMs): void {
    const hour = hourOf(nowMs)
    this.#weiByHour.set(hour, (this.#weiByHour.get(hour) ?? 0n) + cost)
  }

  #close(nonce: number, nowMs: UnixMs): void {
    this.#add(this.weiMaxOf(nonce), nowMs)
    this.#open.delete(nonce)
  }

  #forget(nowMs: UnixMs): void {
    const oldest = hourOf(nowMs) - HOURS_COUNTED
    for (const hour of this.#weiByHour.keys()) if (hour < oldest) this.#weiByHour.delete(hour)
    for (const { nonce, usedHour } of this.#open.values()) {
      if (usedHour !== null && usedHour < oldest) this.#open.delete(nonce)
    }
  }

  async #write(nowMs: UnixMs): Promise<void> {
    this.#forget(nowMs)
    const file = this.#file
    if (file === null) return
    const hours = [...this.#weiByHour].map(([counted, spent]) => [counted, spent.toString()])
    const open = this.open.map((each) => ({ ...each, weiMax: each.weiMax.toString() }))
    const content = { spentWeiByHour: Object.fromEntries(hours), wallet: this.#wallet, open }
    makeDirectory(dirname(file))
    await replaceDurably(file, `${JSON.stringify(content)}\n`)
  }
}

function hourOf(nowMs: UnixMs): number {
  return Math.floor(nowMs / HOUR_MS)
}

function openFrom(read: z.infer<typeof fileSchema>['open'][number]): OpenNonce {
  return { ...read, weiMax: BigInt(read.weiMax), hashes: read.hashes as readonly Hex[] }
}

function unreadable(file: string, cause: unknown): OracleError {
  return new OracleError(
    'SPENDING_UNREADABLE',
    `cannot read ${file}, which counts what the wallet spent today; ` +
      'repair its permissions, or move it away to start from zero',
    { context: { file, cause: codeOf(cause) }, cause },
  )
}
