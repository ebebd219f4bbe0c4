import type { Params } from '../../../aggregator/committee/params.ts'
import { observationQuorumOf, signingThresholdOf } from '../../../aggregator/committee/quorum.ts'
import type { MemberIndex } from '../../../aggregator/values/ids.ts'
import type { UnixMs } from '../../../aggregator/values/time.ts'
import type { Check } from '../check.ts'
import type { Finding } from '../finding.ts'
import { ok, unchecked, warning } from '../finding.ts'

const CHECK = 'committee'

/** Says what the committee needs, and whom this node has no address of. */
export const committee: Check = {
  name: CHECK,
  reach: 'machine',
  examine: async (facts, { clock }) => {
    if (facts.committee === null) {
      return { findings: [unchecked(CHECK, 'there is no committee file to read')] }
    }
    const { params } = facts.committee
    const known = facts.config.network.members.map(({ index }) => index)
    const { self } = facts
    return { findings: committeeFindings({ params, self, known, nowMs: clock.nowMs() }) }
  },
}

export function committeeFindings(seen: {
  readonly params: Params
  readonly self: MemberIndex | null
  /** Members with an address in `network.members`. */
  readonly known: readonly MemberIndex[]
  readonly nowMs: UnixMs
}): readonly Finding[] {
  const { params, self, known, nowMs } = seen
  const { members, f, genesisMs } = params
  const needs =
    `${members.length} members, f = ${f}: a value needs ${observationQuorumOf(f)} observations, ` +
    `a certificate ${signingThresholdOf(members.length, f)} signatures`
  const who = self === null ? 'which one this is, is not known' : `this is member ${self}`
  const begins = genesisMs > nowMs ? `; begins ${new Date(genesisMs).toISOString()}` : ''
  const missing = [...members.keys()].filter((index) => index !== self && !known.includes(index))
  return [
    ok(CHECK, `${needs}; ${who}${begins}`),
    ...(self === null ? [] : missing.map(addressFinding)),
  ]
}

function addressFinding(index: MemberIndex): Finding {
  return warning(`member ${index}`, {
    code: 'PEER_ADDRESS_MISSING',
    seen: 'has no address here, so it is reached only when it dials this node',
    advice: `add it to network.members: { index: ${index}, address: … }`,
  })
}
