import { toHex } from '../../aggregator/values/bytes.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Checker, CreateChecker, Violation } from '../checker.ts'
import type { Fact } from '../world/facts.ts'

/** Rounds whose promises and nonces are remembered. */
const ROUNDS_KEPT = 256

/**
 * S4: no nonce is used twice, no member signs two digests in a round, and none contradicts a
 * message of its own, across crashes and lost disks (protocol §12).
 */
export const createConsistencyChecker: CreateChecker = ({ honest }): Checker => {
  /**
   * By round: what each honest member bound itself to, under a key that names what may be one only.
   */
  const bound = new Map<Round, Map<string, string>>()

  const bind = (
    about: { readonly round: Round; readonly nowUs: number },
    key: string,
    content: Uint8Array,
  ): Violation | null => {
    let ofRound = bound.get(about.round)
    if (ofRound === undefined) {
      ofRound = new Map()
      bound.set(about.round, ofRound)
      bound.delete(about.round - ROUNDS_KEPT)
    }
    const text = toHex(content)
    const known = ofRound.get(key)
    if (known === undefined) {
      ofRound.set(key, text)
      return null
    }
    if (known === text) return null
    const message = `${key} twice: ${known.slice(0, 16)} and ${text.slice(0, 16)}`
    return { rule: 'S4', ...about, message }
  }
  const onShare = (fact: Extract<Fact, { type: 'shareMade' }>): Violation | null => {
    const { member, round, slot, nowUs } = fact
    const about = { round, nowUs }
    return (
      bind(about, `member ${member} signs`, fact.reportDigest) ??
      bind(about, `member ${member} uses nonce ${toHex(fact.nonce).slice(0, 16)}`, fact.signed) ??
      bind(about, `member ${member} signs in slot ${slot}`, fact.signed)
    )
  }
  return {
    rule: 'S4',
    check: (fact) => {
      if (fact.type === 'shareMade' && hasMember(honest, fact.member)) return onShare(fact)
      if (fact.type !== 'sent' || !hasMember(honest, fact.member)) return null
      const { message, digest } = fact.message
      if (message.type === 'certificate' || message.type === 'evidence') return null
      if (message.type === 'share') return null
      const rank = message.type === 'proposal' ? ` of rank ${message.rank}` : ''
      const about = { round: message.round, nowUs: fact.nowUs }
      return bind(about, `member ${message.sender} sends ${message.type}${rank}`, digest)
    },
  }
}
