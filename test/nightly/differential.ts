import { toHex } from 'viem'
import type { FeedReport } from '../../aggregator/report/feed-report.ts'
import { decodeSpread, decodeWord, encodeSpread } from '../../aggregator/report/words.ts'
import { bigintBytes, concat } from '../../aggregator/values/bytes.ts'
import { batchOn, type Outcome } from '../support/contracts/batch.ts'
import { startHub } from '../support/contracts/hub.ts'
import { inBatches, type Span, sayCompared } from './batches.ts'
import { type Case, caseOf, FEEDS_MAX, wordOf } from './cases.ts'
import { committeeWithWholeKey } from './whole-key.ts'

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
export async function differential(span: Span & { readonly isJson: boolean }): Promise<number> {
  process.stderr.write(`seed ${span.seed}\n`)
  const result = await compare(span)
  const { certificates, mutants, mutantsValid, disagreements, seconds } = result
  const text =
    `${certificates} certificates, ${mutants} mutants (${mutantsValid} valid), ` +
    `${disagreements.length} disagreements, ${seconds} s, seed ${span.seed}`
  return sayCompared(result, { ...span, text })
}

/** Makes the cases and lets a hub and the core judge each. Stops at the first disagreements. */
export async function compare(span: Span): Promise<DifferentialResult> {
  const { seed } = span
  const box = committeeWithWholeKey('hub')
  const hub = await startHub({ feedCount: FEEDS_MAX, box })
  let mutantsValid = 0
  try {
    const batch = await batchOn(hub.chain)
    const { done, disagreements, seconds } = await inBatches(span, async (numbers) => {
      const cases = numbers.map((number) => caseOf(box, seed, number))
      const calls = cases.flatMap(({ calldata, mutant }) => [toHex(calldata), toHex(mutant)])
      const outcomes = await batch(hub.address, calls)
      mutantsValid += cases.filter(({ isMutantValid }) => isMutantValid).length
      return cases.flatMap((each, position) => {
        const [plain, mutated] = outcomes.slice(2 * position) as [Outcome, Outcome]
        return disagreementsOf(each, plain, mutated)
      })
    })
    return { seed, certificates: done, mutants: done, mutantsValid, disagreements, seconds }
  } finally {
    await hub.chain.close()
  }
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
