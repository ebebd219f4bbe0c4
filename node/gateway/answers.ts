import { invariant } from '../../aggregator/assert.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { type FeedsTree, feedsTreeOf, placeOf } from '../../aggregator/report/feeds-tree.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import { toHex } from '../../aggregator/values/bytes.ts'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { type FeedIndex, listMembers } from '../../aggregator/values/ids.ts'
import { calldataOf } from './calldata.ts'
import type { CertificateAnswer, CertifiedFeed, FeedAnswer } from './schema.ts'
import { WeightedCache } from './weighted-cache.ts'

/** What an answer says whatever feeds were asked for. */
type Head = Omit<CertificateAnswer, 'feeds' | 'epoch' | 'calldata'>

/** What is kept of a certificate that was asked for. */
interface Kept {
  readonly tree: FeedsTree
  /** Its head as JSON, without the bracket that closes it. */
  readonly head: string
  /** Feeds that were asked for, as JSON: most of the work of an answer is in their proofs. */
  readonly feeds: Map<FeedIndex, string>
}

export interface AnswersLimits {
  /**
   * Feeds of all trees that are kept. One takes about 1,500 bytes with all that belongs to it: two
   * nodes, its part of the head, its value with a proof. So these are 25 MB at most: the trees of
   * 1,024 rounds of 16 feeds, or of 16 rounds of 1,024.
   */
  readonly feedsMax: number
  /** Characters of all answers that are kept, of one byte each. */
  readonly textCharactersMax: number
}

const LIMITS: AnswersLimits = { feedsMax: 16_384, textCharactersMax: 16_777_216 }

/**
 * Certificates as gateways answer with them. The tree of each is hashed once while it is among
 * those that are kept, whatever rounds and feeds are asked for in turns.
 */
export class Answers {
  readonly #context: Context
  readonly #epochOf: () => number
  #epoch = 0
  readonly #kept: WeightedCache<Verified<Certificate>, Kept>
  readonly #texts: WeightedCache<string, string>
  readonly #numbers = new WeakMap<Verified<Certificate>, number>()
  #numbered = 0
  /** The list that was asked for last. */
  #list: { readonly certificate: Verified<Certificate> | null; readonly text: string } | null = null

  /** @param epoch number of the committee on contracts; it may become known later */
  constructor(context: Context, epoch: () => number, limits: Partial<AnswersLimits> = {}) {
    const { feedsMax, textCharactersMax } = { ...LIMITS, ...limits }
    this.#context = context
    this.#epochOf = epoch
    this.#kept = new WeightedCache(feedsMax)
    this.#texts = new WeightedCache(textCharactersMax)
  }

  /** Whether its tree is at hand, so that an answer costs next to nothing. */
  holds(certificate: Verified<Certificate>): boolean {
    return this.#kept.has(certificate)
  }

  /** One certificate as JSON, with proofs and calldata for the chosen feeds. */
  textOf(certificate: Verified<Certificate>, feeds: readonly FeedIndex[]): string {
    const epoch = this.#epochOf()
    if (epoch !== this.#epoch) this.#texts.clear()
    this.#epoch = epoch
    const key = `${this.#numberOf(certificate)} ${feeds.join()}`
    const known = this.#texts.get(key)
    if (known !== undefined) return known
    const kept = this.#keptOf(certificate)
    const { message } = certificate
    const calldata =
      feeds.length === 0
        ? null
        : calldataOf(this.#context, { certificate: message, feeds, epoch, tree: kept.tree })
    const chosen = feeds.map((feed) => this.#feedText(kept, message, feed)).join()
    const text = `${kept.head},"feeds":[${chosen}],${JSON.stringify({ epoch, calldata }).slice(1)}`
    this.#texts.set(key, text, text.length)
    return text
  }

  /** Every feed as JSON, with what the committee said of it last. */
  feedsTextOf(certificate: Verified<Certificate> | null): string {
    if (this.#list === null || this.#list.certificate !== certificate) {
      this.#list = { certificate, text: JSON.stringify(this.#feedsOf(certificate)) }
    }
    return this.#list.text
  }

  #feedsOf(certificate: Verified<Certificate> | null): readonly FeedAnswer[] {
    return this.#context.committee.params.feeds.map(({ name, kind, decimals }, index) => {
      if (certificate === null) return { index, name, kind, decimals, certified: null }
      const { round, timestampMs } = certificate.message
      const { value, spread, observers, status } = this.#reading(certificate.message, index)
      const certified = { value, spread, observers, status, round, timestampMs }
      return { index, name, kind, decimals, certified }
    })
  }

  /** One for each certificate as long as anybody holds it. */
  #numberOf(certificate: Verified<Certificate>): number {
    const known = this.#numbers.get(certificate)
    if (known !== undefined) return known
    this.#numbers.set(certificate, this.#numbered)
    return this.#numbered++
  }

  #keptOf(certificate: Verified<Certificate>): Kept {
    const known = this.#kept.get(certificate)
    if (known !== undefined) return known
    const { words } = certificate.message
    const kept = {
      tree: feedsTreeOf(this.#context.crypto.keccak256, words),
      head: JSON.stringify(this.#headOf(certificate)).slice(0, -1),
      feeds: new Map<FeedIndex, string>(),
    }
    this.#kept.set(certificate, kept, words.length)
    return kept
  }

  #feedText({ tree, feeds }: Kept, message: Certificate, feed: FeedIndex): string {
    const known = feeds.get(feed)
    if (known !== undefined) return known
    const proof = proofFrom(tree, feed).map(toHex)
    const certified: CertifiedFeed = { ...this.#reading(message, feed), proof }
    const text = JSON.stringify(certified)
    feeds.set(feed, text)
    return text
  }

  #headOf({ message, bytes }: Verified<Certificate>): Head {
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

/** Siblings from the leaf to the root; a level where the node is promoted has none. */
function proofFrom(tree: FeedsTree, feed: FeedIndex): readonly Uint8Array[] {
  const { leaf } = placeOf(tree, feed)
  return tree.levels.flatMap((level, height) => {
    const sibling = level[(leaf >> height) ^ 1]
    return level.length > 1 && sibling !== undefined ? [sibling] : []
  })
}
