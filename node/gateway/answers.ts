import { bytesToHex } from 'viem'
import { invariant } from '../../aggregator/assert.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import {
  type CommitteeOnChain,
  encodeUpdate,
  UPDATE_FEEDS_MAX,
} from '../../aggregator/report/calldata.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { type FeedsTree, feedsTreeOf, placeOf } from '../../aggregator/report/feeds-tree.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { type FeedIndex, listMembers } from '../../aggregator/values/ids.ts'
import type { CertificateAnswer, CertifiedFeed, FeedAnswer } from './schema.ts'

const NO_TREE: FeedsTree = { levels: [], flagships: 0, pages: [] }

export type FeedChoice =
  | { readonly type: 'chosen'; readonly feeds: readonly FeedIndex[] }
  | { readonly type: 'refused'; readonly code: 'FEED_UNKNOWN' | 'FEEDS_TOO_MANY' }

/** What calldata needs of a context. */
interface OfCommittee {
  readonly crypto: Pick<Context['crypto'], 'keccak256'>
  readonly committee: Pick<Context['committee'], 'params' | 'groupKey'>
}

/**
 * A committee as a contract knows it that counts it as `epoch`. A later one sends its clock along:
 * what the first one's was need not be known here, and ten bytes prove that it is its own.
 */
export function onChainAt({ committee }: OfCommittee, epoch: number): CommitteeOnChain {
  const { params, groupKey } = committee
  const clock = { genesisMs: params.genesisMs, ...params.timing }
  return { epoch, publicKey: groupKey.publicKey, clock, isFirstClock: epoch === 1 }
}

/**
 * Feeds by name or index, comma-separated, in the committee's order and each once; none when the
 * text is missing or empty.
 */
export function choiceOf(context: Context, names: string | undefined): FeedChoice {
  if (names === undefined || names === '') return { type: 'chosen', feeds: [] }
  const chosen = new Set<FeedIndex>()
  for (const name of names.split(',')) {
    const index = indexOf(context, name)
    if (index === null) return { type: 'refused', code: 'FEED_UNKNOWN' }
    chosen.add(index)
    if (chosen.size > UPDATE_FEEDS_MAX) return { type: 'refused', code: 'FEEDS_TOO_MANY' }
  }
  return { type: 'chosen', feeds: [...chosen].toSorted((a, b) => a - b) }
}

function indexOf(context: Context, name: string): FeedIndex | null {
  const { feeds } = context.committee.params
  const named = feeds.findIndex((feed) => feed.name === name)
  if (named !== -1) return named
  return /^(0|[1-9][0-9]{0,3})$/.test(name) && Number(name) < feeds.length ? Number(name) : null
}

/** Answers kept as text for the certificate that was asked for last. */
const TEXTS_MAX = 64

/** Certificates as gateways answer with them; the tree of a certificate is hashed once. */
export class Answers {
  readonly #context: Context
  readonly #epochOf: () => number
  #epoch = 0
  #certificate: Verified<Certificate> | null = null
  #tree: FeedsTree = NO_TREE
  readonly #texts = new Map<string, string>()

  /** @param epoch number of the committee on contracts; it may become known later */
  constructor(context: Context, epoch: () => number) {
    this.#context = context
    this.#epochOf = epoch
  }

  /** One certificate as JSON, with proofs and calldata for the chosen feeds. */
  textOf(certificate: Verified<Certificate>, feeds: readonly FeedIndex[]): string {
    this.#turnTo(certificate)
    const key = feeds.join(',')
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    const text = JSON.stringify(this.#answerOf(certificate, feeds))
    if (this.#texts.size < TEXTS_MAX) this.#texts.set(key, text)
    return text
  }

  /** Every feed with what the committee said of it last. */
  feedsOf(certificate: Verified<Certificate> | null): readonly FeedAnswer[] {
    return this.#context.committee.params.feeds.map(({ name, kind, decimals }, index) => {
      if (certificate === null) return { index, name, kind, decimals, certified: null }
      const { round, timestampMs } = certificate.message
      const { value, spread, observers, status } = this.#reading(certificate.message, index)
      const certified = { value, spread, observers, status, round, timestampMs }
      return { index, name, kind, decimals, certified }
    })
  }

  #turnTo(certificate: Verified<Certificate>): void {
    const epoch = this.#epochOf()
    if (this.#certificate === certificate && this.#epoch === epoch) return
    this.#certificate = certificate
    this.#epoch = epoch
    this.#tree = feedsTreeOf(this.#context.crypto.keccak256, certificate.message.words)
    this.#texts.clear()
  }

  #answerOf(
    { message, bytes }: Verified<Certificate>,
    feeds: readonly FeedIndex[],
  ): CertificateAnswer {
    const epoch = this.#epoch
    return {
      committeeDigest: toHex(this.#context.committee.digest),
      round: message.round,
      timestampMs: message.timestampMs,
      path: message.slot === 0 ? 'fast' : 'proposed',
      observers: listMembers(message.observers),
      slot: message.slot,
      signingSet: listMembers(message.signingSet),
      expectedNext: listMembers(message.expectedNext),
      words: message.words.map(toHex),
      signature: toHex(message.signature),
      certificate: toHex(bytes),
      feeds: feeds.map((feed) => ({
        ...this.#reading(message, feed),
        proof: proofFrom(this.#tree, feed).map(toHex),
      })),
      epoch,
      calldata:
        feeds.length === 0
          ? null
          : calldataOf(this.#context, { certificate: message, feeds, epoch }),
    }
  }

  #reading(certificate: Certificate, index: FeedIndex): Omit<CertifiedFeed, 'proof'> {
    const feed = this.#context.committee.params.feeds[index]
    const word = certificate.words[index]
    const report = word === undefined ? null : decodeWord(word)
    invariant(
      feed !== undefined && word !== undefined && report !== null,
      'a verified certificate has a word for each feed',
    )
    const { name, decimals } = feed
    const isOk = report.status === FEED_STATUS.ok
    return {
      index,
      name,
      decimals,
      value: isOk ? formatDecimal(report.value, decimals) : null,
      spread: formatDecimal(report.spread, decimals),
      observers: report.observers,
      status: isOk ? 'ok' : 'unavailable',
      word: toHex(word),
    }
  }
}

/**
 * Calldata that delivers the feeds; null when the report lies outside its round, which no chain
 * takes.
 */
export function calldataOf(
  context: OfCommittee,
  update: {
    readonly certificate: Certificate
    readonly feeds: readonly FeedIndex[]
    readonly epoch: number
  },
): `0x${string}` | null {
  const { certificate, feeds, epoch } = update
  try {
    const committee = onChainAt(context, epoch)
    return bytesToHex(encodeUpdate(context.crypto.keccak256, { certificate, feeds, committee }))
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Siblings from the leaf to the root; a level where the node is promoted has none. */
function proofFrom(tree: FeedsTree, feed: FeedIndex): readonly Uint8Array[] {
  const { leaf } = placeOf(tree, feed)
  return tree.levels.flatMap((level, height) => {
    const sibling = level[(leaf >> height) ^ 1]
    return level.length > 1 && sibling !== undefined ? [sibling] : []
  })
}
