import type { MemberIndex } from '../../aggregator/values/ids.ts'
import { hasMember, listMembers } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'
import { DueFeeds } from '../statistics/due-feeds.ts'

/**
 * L6: while one honest member can deliver (its process runs, most of its endpoints are honest) and
 * the chain makes blocks with room below the highest fee that members offer, a feed that stays due
 * is on chain within two rounds of turns, two transmissions, and the time after which members look
 * again (protocol §8.2, §12).
 */
export const createDeliveryChecker: CreateChecker = (subject): Checker => {
  const { committee, honest, delivery, isAlwaysDisturbed } = subject
  const due = new DueFeeds(committee.params.feeds)
  const running = new Set<MemberIndex>()
  /** Since when each honest member can deliver; null while it cannot. */
  const ableSinceUs = new Map<MemberIndex, number | null>()
  for (const member of listMembers(honest)) ableSinceUs.set(member, null)
  /** Whether the chain makes no blocks. */
  let isStanding = false
  const told = new Set<number>()

  const isUnable = (member: MemberIndex, nowUs: number): boolean => {
    const spans = (delivery?.unable ?? []).filter((span) => span.member === member)
    return spans.some(({ fromUs, toUs }) => fromUs <= nowUs && nowUs < toUs)
  }
  const updateAbility = (nowUs: number): void => {
    for (const [member, sinceUs] of ableSinceUs) {
      const isAble = running.has(member) && !isUnable(member, nowUs)
      ableSinceUs.set(member, isAble ? (sinceUs ?? nowUs) : null)
    }
  }
  const restart = ({ nowUs }: { readonly nowUs: number }): null => {
    due.restart(nowUs)
    return null
  }
  return {
    rule: 'L6',
    on: {
      started: ({ member }) => {
        running.add(member)
        return null
      },
      crashed: ({ member }) => {
        running.delete(member)
        // Also when it is back before the next round opens: it begins anew.
        if (ableSinceUs.has(member)) ableSinceUs.set(member, null)
        return null
      },
      certified: ({ certificate, member, nowUs }) => {
        if (hasMember(honest, member)) due.certified(certificate, nowUs)
        return null
      },
      chainStood: (fact) => {
        ;({ isStanding } = fact)
        return restart(fact)
      },
      chainReorganised: restart,
      chainBlock: ({ block, isFull, nowUs }) => {
        due.stored(block.feeds, nowUs)
        const isDear = delivery !== null && block.baseFeeWei >= delivery.feePerGasMaxWei
        if (isFull || isDear) due.restart(nowUs)
        return null
      },
      roundOpened: ({ nowUs, round }) => {
        if (delivery === null || isAlwaysDisturbed) return null
        updateAbility(nowUs)
        if (isStanding) return restart({ nowUs })
        const { boundUs } = delivery
        const isOverBound = (sinceUs: number | null): sinceUs is number =>
          sinceUs !== null && nowUs - sinceUs > boundUs
        if (![...ableSinceUs.values()].some(isOverBound)) return null
        for (const [feed, sinceUs] of due.sinceUs.entries()) {
          if (!isOverBound(sinceUs) || told.has(feed)) continue
          told.add(feed)
          const seconds = Math.round((nowUs - sinceUs) / 1_000_000)
          const message = `feed ${feed} is due on chain for ${seconds} s, and nobody delivers it`
          return { rule: 'L6', nowUs, round, message }
        }
        return null
      },
    },
  }
}
