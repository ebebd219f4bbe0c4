import { prngOf } from '../determinism/prng.ts'
import { delaysOf, type LatencyModel } from '../world/latency.ts'
import type { Parcel } from '../world/network.ts'

/** A message that is on its way over a reliable stream. */
export interface Carried {
  /** When it was first sent, and when its last copy was. */
  readonly firstUs: number
  readonly lastUs: number
  /** How long the sender waited for that copy to be confirmed; null for the first. */
  readonly waitedUs: number | null
}

/** So long after the first copy a message is given up: a result that late counts as lost. */
const ROUNDS_TRIED = 2
/** Least wait: the granularity of timers in RFC 9002. */
const WAIT_US_MIN = 1_000

/**
 * When a lost copy is sent again, as reliable streams do it: after a round trip of the link, drawn
 * from the same distribution, and after twice as long each further time (RFC 6298, 5.5). A real
 * timer waits for the variance and for a late confirmation too, and holds back what follows on the
 * stream: both are left out, in favour of the protocol that it carries.
 */
export function createResends(
  latency: LatencyModel,
  { seed, roundMs }: { readonly seed: number; readonly roundMs: number },
): (parcel: Pick<Parcel, 'from' | 'to'>, carried: Carried) => Carried | null {
  const draw = delaysOf(latency)
  // A stream of its own: what is lost changes no delay of other messages.
  const prng = prngOf(seed, 'resend')
  const triedUs = ROUNDS_TRIED * roundMs * 1_000
  return ({ from, to }, { firstUs, lastUs, waitedUs }) => {
    const roundTripUs = () => draw({ from, to }, prng) + draw({ from: to, to: from }, prng)
    const waitUs = waitedUs === null ? Math.max(WAIT_US_MIN, roundTripUs()) : 2 * waitedUs
    const againUs = lastUs + waitUs
    return againUs > firstUs + triedUs ? null : { firstUs, lastUs: againUs, waitedUs: waitUs }
  }
}
