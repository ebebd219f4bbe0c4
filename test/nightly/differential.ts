import { toHex } from 'viem'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { decodeSpread, decodeWord, encodeSpread } from '../../aggregator/report/words.ts'
import { bigintBytes, concat } from '../../aggregator/values/bytes.ts'
import { batchOn, type Outcome } from '../support/contracts/batch.ts'
import { startHub } from '../support/contracts/hub.ts'
import { type Case, caseOf, FEEDS_MAX } from './cases.ts'
import { committeeWithWholeKey } from './whole-key.ts'

const BATCH = 50
const SAID_EVERY_MS = 10_000

export interface DifferentialResult {
  readonly seed: number
  readonly certificates: number
  readonly mutants: number
  /** Mutants that both take: another form of the same signature. */
  readonly mutantsValid: number
  readonly disagreements: readonly string[]
  readonly seconds: number
}

/** @returns 0 when both agree on everything, 1 when they do not, 130 when stopped */
export async function differential(options: {
  readonly count: number
  readonly from: number
  readonly seed: number
  readonly isJson: boolean
  readonly signal: AbortSignal
}): Promise<number> {
  const { isJson, signal } = options
  process.stderr.write(`seed ${options.seed}\n`)
  const result = await compare(options)
  const { certificates, mutants, mutantsValid, disagreements, seconds } = result
  const text =
    `${certificates} certificates, ${mutants} mutants (${mutantsValid} valid), ` +
    `${disagreements.length} disagreements, ${seconds} s, seed ${options.seed}\n`
  process.stdout.write(isJson ? `${JSON.stringify(result)}\n` : text)
  for (const each of disagreements) process.stderr.write(`${each}\n`)
  if (disagreements.length > 0) return 1
  return signal.aborted ? 130 : 0
}

/** Makes the cases and lets a hub and the core judge each. Stops at the first disagreements. */
export async function compare(options: {
  readonly count: number
  readonly from: number
  readonly seed: number
  readonly signal: AbortSignal
}): Promise<DifferentialResult> {
  const { count, from, seed, signal } = options
  const started = performance.now()
  const box = committeeWithWholeKey('hub')
  const hub = await startHub({ feedCount: FEEDS_MAX, box })
  const disagreements: string[] = []
  let [done, mutantsValid, saidAt] = [0, 0, started]
  try {
    const batch = await batchOn(hub.chain)
    while (done < count && disagreements.length === 0 && !signal.aborted) {
      const size = Math.min(BATCH, count - done)
      const cases = Array.from({ length: size }, (_, i) => caseOf(box, seed, from + done + i))
      const calls = cases.flatMap(({ calldata, mutant }) => [calldata, mutant])
      const outcomes = await batch(
        hub.address,
        calls.map((call) => toHex(call)),
      )
      cases.forEach((each, position) => {
        const [plain, mutated] = outcomes.slice(2 * position) as [Outcome, Outcome]
        disagreements.push(...disagreementsOf(each, plain, mutated))
        if (each.isMutantValid) mutantsValid += 1
      })
      done += size
      if (performance.now() - saidAt < SAID_EVERY_MS) continue
      saidAt = performance.now()
      process.stderr.write(`${done} of ${count}; go on with --seed ${seed} --from ${from + done}\n`)
    }
  } finally {
    await hub.chain.close()
  }
  const seconds = Math.round((performance.now() - started) / 1_000)
  return { seed, certificates: done, mutants: done, mutantsValid, disagreements, seconds }
}

function disagreementsOf(each: Case, plain: Outcome, mutated: Outcome): readonly string[] {
  const { number, chosen, certificate } = each
  const expected = chosen.map((feed) => wordOf(each, feed))
  const found = plain.isDone ? wordsIn(plain.result) : []
  const isEqual = found.length === expected.length && found.every((it, i) => it === expected[i])
  const said: string[] = []
  if (!each.isValid) said.push(`case ${number}: the certificate is invalid here`)
  if (!isEqual) said.push(`case ${number}: the words of round ${certificate.round} differ`)
  if (chosen.some((feed, i) => !isDecoded(each.feeds[feed], found[i] ?? 0n))) {
    said.push(`case ${number}: a word is read otherwise`)
  }
  if (mutated.isDone !== each.isMutantValid) {
    said.push(`case ${number}: the mutant is ${each.isMutantValid ? 'valid' : 'invalid'} here`)
  }
  return said
}

/** The word that the hub answers: signed part, epoch 1, time, round, feed (FeedWord.sol). */
function wordOf({ certificate, feeds }: Case, feed: number): bigint {
  const { value, spread, observers, status } = feeds[feed] as FeedReport
  const seconds = BigInt(Math.floor(certificate.timestampMs / 1_000))
  return (
    (BigInt.asUintN(64, value) << 192n) |
    (BigInt(encodeSpread(spread)) << 168n) |
    (BigInt(observers) << 163n) |
    (1n << 162n) |
    (BigInt(status) << 160n) |
    (seconds << 128n) |
    (BigInt(certificate.round) << 98n) |
    BigInt(feed)
  )
}

function wordsIn(result: string): readonly bigint[] {
  const words = result.slice(2).match(/.{64}/g) ?? []
  return words.slice(2).map((word) => BigInt(`0x${word}`))
}

/** Whether the core reads the signed part of a word as what was certified. */
function isDecoded(feed: FeedReport | undefined, word: bigint): boolean {
  const signed = (word & ~(1n << 162n)) >> 160n
  const read = decodeWord(concat(bigintBytes(signed, 12), new Uint8Array(20)))
  if (read === null || feed === undefined) return false
  const isSame = read.value === feed.value && read.observers === feed.observers
  const spread = decodeSpread(encodeSpread(feed.spread))
  return isSame && read.spread === spread && read.status === feed.status
}
