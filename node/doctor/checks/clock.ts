import type { TimingParams } from '../../../aggregator/committee/params.ts'
import type { Check } from '../check.ts'
import type { ClockReading } from '../clock-reading.ts'
import type { Finding } from '../finding.ts'
import { fault, ok, unchecked, warning } from '../finding.ts'

const CHECK = 'clock'
/** Of fewer, one that is wrong could be half. */
const HOSTS_MIN = 3

/** Compares this machine's clock with those of the venues that have just answered. */
export const clock: Check = {
  name: CHECK,
  reach: 'network',
  examine: async ({ readings, committee }) => ({
    findings: [clockFinding(readings, committee?.params.timing ?? null)],
  }),
}

/**
 * The median over hosts, each with its most exact reading. A fault is what the resolution of the
 * readings cannot explain: a skew beyond what the protocol allows (protocol §1.2). Smaller ones
 * cannot be seen this way, and `seen` says so.
 *
 * @param timing null when there is no committee file
 */
export function clockFinding(
  readings: readonly ClockReading[],
  timing: Pick<TimingParams, 'clockSkewMsMax'> | null,
): Finding {
  const perHost = Map.groupBy(readings, ({ host }) => host)
  const best = [...perHost.values()].map((each) =>
    each.reduce((exact, other) => (other.errorMs < exact.errorMs ? other : exact)),
  )
  const rising = best.toSorted((a, b) => a.aheadMs - b.aheadMs)
  const median = rising[Math.floor((rising.length - 1) / 2)]
  if (median === undefined) return unchecked(CHECK, 'no venue outside this machine told its time')
  const aheadMs = Math.round(median.aheadMs)
  const errorMs = Math.ceil(median.errorMs)
  const hosts = rising.length === 1 ? '1 venue' : `${rising.length} venues`
  const offset = `${Math.abs(aheadMs)} ms ${aheadMs < 0 ? 'behind' : 'ahead'}, ± ${errorMs} ms`
  const allowedMs = timing?.clockSkewMsMax ?? 0
  const allowed = timing === null ? '' : `; the protocol allows ${allowedMs} ms`
  const seen = `${offset}, by the dates of ${hosts}${allowed}`
  if (Math.abs(aheadMs) > errorMs + allowedMs) {
    const advice = 'set the clock by a time service that slews (chronyc tracking, timedatectl)'
    const told = { code: aheadMs < 0 ? 'CLOCK_BEHIND' : 'CLOCK_AHEAD', seen, advice }
    return rising.length < HOSTS_MIN ? warning(CHECK, told) : fault(CHECK, told)
  }
  return ok(CHECK, `${seen}; dates have whole seconds, so that only a time service sees less`)
}
