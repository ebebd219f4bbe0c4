import type { FeedOnChain } from '../../aggregator/delivery/due.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { FEED_STATUS } from '../../aggregator/report/feed-report.ts'
import { decodeWord } from '../../aggregator/report/words.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checking/checker.ts'
import { BLOCKS_KEPT, type Block } from '../world/chain/chain.ts'

/** How long certified values are remembered: no contract takes a report of half that age. */
const KEPT_MS = 7_200_000

type Broken = Pick<Violation, 'round' | 'message'>

/**
 * S5 on a chain: from transaction to transaction the round of each feed rises whenever it changes,
 * its time never falls, and every value was certified, in that round (protocol §8.3, §12). What a
 * reorganisation takes back is compared with what stands before it. The number of the committee is
 * the same throughout a run.
 */
export const createChainOrderChecker: CreateChecker = ({ committee }): Checker => {
  /** Blocks of the chain as it stands, ascending. */
  let blocks: readonly Block[] = []
  const certified = new Map<Round, readonly Uint8Array[]>()
  const roundsKept = Math.ceil(KEPT_MS / committee.params.timing.roundMs)

  const wordsOf = ({ round, words }: Certificate): null => {
    certified.set(round, words)
    for (const known of certified.keys()) {
      if (known >= round - roundsKept) break
      certified.delete(known)
    }
    return null
  }
  const brokenIn = (was: FeedOnChain, is: FeedOnChain | undefined): Broken | null => {
    if (is === undefined || was === is) return null
    const { feed } = is
    const about = (what: string) => ({ round: is.round, message: `feed ${feed} on chain ${what}` })
    if (is.round <= was.round) return about(`went from round ${was.round} to ${is.round}`)
    if (is.timestampMs < was.timestampMs) {
      return about(`went back by ${was.timestampMs - is.timestampMs} ms`)
    }
    const word = certified.get(is.round)?.[feed]
    const report = word === undefined ? null : decodeWord(word)
    if (report === null) return about('shows a round that was never certified')
    if (report.status !== is.status) return about(`has status ${is.status}, not ${report.status}`)
    const isSame = report.status !== FEED_STATUS.ok || report.value === is.value
    return isSame ? null : about(`is ${is.value}, and ${report.value} was certified`)
  }
  return {
    rule: 'S5',
    onCertificate: wordsOf,
    on: {
      chainReorganised: ({ fromNumber }) => {
        blocks = blocks.filter(({ number }) => number < fromNumber)
        return null
      },
      chainBlock: ({ block, nowUs }) => {
        const before = blocks.at(-1)
        blocks = [...blocks.slice(1 - BLOCKS_KEPT), block]
        if (before === undefined) return null
        if (block.timestampMs < before.timestampMs) {
          const message = `block ${block.number} is older than the one before`
          return { rule: 'S5', nowUs, round: 0, message }
        }
        // Whoever reads within the block sees what each transaction left.
        let { feeds } = before
        for (const { receipt } of block.transactions) {
          if (receipt?.outcome.type !== 'stored') continue
          const after = receipt.outcome.feeds
          for (const held of feeds) {
            const broken = brokenIn(held, after[held.feed])
            if (broken !== null) return { rule: 'S5', nowUs, ...broken }
          }
          feeds = after
        }
        return null
      },
    },
  }
}
