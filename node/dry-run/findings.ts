import type { Params, TimingParams } from '../../aggregator/committee/params.ts'
import { isDerived } from '../../aggregator/committee/params.ts'
import {
  COMPARED_ROUNDS_MIN,
  clockByCertificates,
  isFeedOftenAbsent,
  isFeedOftenOutlying,
} from '../../aggregator/statistics/concerns.ts'
import type { DryFeedView, DryRunView, DryTargetView } from '../api/dry-run-view.ts'
import type { VenueView } from '../api/view.ts'
import type { Finding } from '../doctor/finding.ts'
import { fault, ok, unchecked, warning } from '../doctor/finding.ts'

/** What a dry run found, with what its committee demands. */
export interface DryRunSeen {
  readonly dryRun: DryRunView
  readonly venues: readonly VenueView[]
  readonly params: Pick<Params, 'timing' | 'feeds'>
}

/** What a dry run tells an operator at its end: may this node join, and what is in the way. */
export function dryRunFindings({ dryRun, venues, params }: DryRunSeen): readonly Finding[] {
  return [
    committeeFinding(dryRun),
    clockFinding(dryRun, params.timing),
    ...venues.map(venueFinding),
    ...dryRun.feeds.map((feed) => feedFinding(feed, { dryRun, params })),
    ...dryRun.targets.flatMap(targetFindings),
  ]
}

function committeeFinding({ followed, connected, certificates, rounds, refused }: DryRunView) {
  const check = 'committee'
  if (followed === 0) return unchecked(check, 'nobody was followed; name addresses: --bootstrap')
  if (certificates === 0) {
    const heard = refused === 0 ? 'nothing was heard' : `${refused} messages were refused`
    return fault(check, {
      code: 'DRY_RUN_UNHEARD',
      seen: `no certificate in all the time: ${heard}, ${connected} peers connected`,
      advice:
        'compare --bootstrap with the public ports of members, the committee file and the clock',
    })
  }
  const seen = `${certificates} certificates of ${rounds.of} rounds were heard and are genuine`
  return ok(check, seen)
}

function clockFinding({ certificateAgeMs: age }: DryRunView, timing: TimingParams): Finding {
  const check = 'clock'
  if (age === null) return unchecked(check, 'no certificate was heard, whose time would tell')
  const seen = `certificates came ${age.p50} ms after their time, at least ${age.min} ms`
  const advice = 'set the clock by a time service that slews (chronyc tracking, timedatectl)'
  switch (clockByCertificates(age, timing)) {
    case 'behind':
      return fault(check, { code: 'CLOCK_BEHIND', seen, advice })
    case 'ahead':
      return fault(check, { code: 'CLOCK_AHEAD', seen: `${seen}, or the way is long`, advice })
    case 'right':
      return ok(check, seen)
  }
}

function venueFinding(view: VenueView): Finding {
  const { venue, code, transport, stream, quotedMs, host, passedOver } = view
  const check = `venue ${venue}`
  const by = transport === 'stream' ? 'by its stream' : 'by polls'
  if (quotedMs === null && transport === 'poll') {
    return warning(check, {
      code: code ?? 'SOURCE_UNREACHABLE',
      seen: 'no price came in all the time',
      advice: 'parallax doctor says why; replace it, or drop it from sources.feeds',
    })
  }
  const isWell = code === null || code === 'ok'
  if (!isWell) {
    const advice = `look ${code} up in docs/errors.md`
    return warning(check, { code, seen: `prices came ${by}, but its last poll failed`, advice })
  }
  const why = stream !== null && stream.state !== 'open' ? `; its stream: ${stream.code}` : ''
  const [preferred] = passedOver
  if (preferred === undefined) return ok(check, `prices come ${by}${why}`)
  return warning(check, {
    code: preferred.code,
    seen: `prices come ${by}, and requests are answered at ${host}, not at ${preferred.host}`,
    advice: 'list hosts that work here first in baseUrls of this venue',
  })
}

function feedFinding(
  { feed, absent, outliers, distanceBps }: DryFeedView,
  { dryRun, params }: Pick<DryRunSeen, 'dryRun' | 'params'>,
): Finding {
  const check = `feed ${feed}`
  if (absent.of === 0) {
    const kind = params.feeds.find(({ name }) => name === feed)?.kind
    const isComputed = kind !== undefined && isDerived(kind)
    const missed = isComputed
      ? 'what was heard spans no whole window of it'
      : 'it was not certified'
    const isHeard = dryRun.certificates > 0
    return unchecked(check, isHeard ? missed : 'there is nothing to compare with')
  }
  const far = distanceBps === null ? '' : `, ${farText(distanceBps)}`
  const seen = `a value in ${absent.of - absent.count} of ${absent.of} rounds${far}`
  const advice = 'add venues to sources.feeds, or replace those that are absent or quarantined'
  if (isFeedOftenAbsent(absent)) {
    return fault(check, { code: 'DRY_RUN_FEED_ABSENT', seen, advice })
  }
  if (isFeedOftenOutlying(outliers)) {
    const said = `${seen}, ${outliers.count} of them outliers`
    return fault(check, { code: 'DRY_RUN_FEED_FAR', seen: said, advice })
  }
  if (absent.of < COMPARED_ROUNDS_MIN) return unchecked(check, `only ${absent.of} rounds; ${seen}`)
  return ok(check, seen)
}

function farText({ p50, p99, max }: NonNullable<DryFeedView['distanceBps']>): string {
  return `from the certified one by ${p50} bps (median), ${p99} (99 %), ${max} (most)`
}

function targetFindings(target: DryTargetView): readonly Finding[] {
  return [...endpointFindings(target), contractFinding(target), deliveryFinding(target)]
}

function endpointFindings({ target, endpoints }: DryTargetView): readonly Finding[] {
  return endpoints.map(({ endpoint, fault: code, detail }) => {
    const seen = `${endpoint}: ${detail ?? 'was not asked'}`
    if (code === null) return ok(`rpc ${target}`, seen)
    const advice = 'check its address in chains[], its key, and the provider'
    return warning(`rpc ${target}`, { code, seen, advice })
  })
}

function contractFinding(seen: DryTargetView): Finding {
  const { target, contract, fault: found, isContractKnown } = seen
  const check = `contract on ${target}`
  if (found === null && isContractKnown) return ok(check, `${contract} knows this committee`)
  if (found === null) return unchecked(check, `${contract} was not asked for its committee`)
  const { code, detail } = found
  return fault(check, { code, seen: detail, advice: `look ${code} up in docs/errors.md` })
}

/** What would have been sent, at which cost. */
function deliveryFinding(seen: DryTargetView): Finding {
  const check = `deliveries to ${seen.target}`
  const { priced, hindered, costEtherMax, balanceEther, wallet, last } = seen
  const balance = `${balanceEther ?? 'an unknown amount of'} ether`
  const funds = wallet === null ? 'no wallet was named: --wallet' : `${wallet} has ${balance}`
  const cost = `for at most ${costEtherMax} ether`
  const others = hindered === 0 ? '' : `; ${hindered} would not`
  const sent = `${priced} would have been sent, ${cost}${others}; ${funds}`
  if (hindered > 0 && last !== null && last.code !== 'OK') {
    const told = { code: last.code, seen: `${sent}; the last: ${last.detail}` }
    return fault(check, { ...told, advice: `look ${last.code} up in docs/errors.md` })
  }
  if (balanceEther !== null && Number(balanceEther) < Number(seen.balanceEtherMin)) {
    const advice = 'send it more, or lower chains[].balanceEtherMin'
    return warning(check, { code: 'WALLET_LOW', seen: sent, advice })
  }
  if (priced > 0) return ok(check, sent)
  return unchecked(check, `nothing was due in this seat's turns; ${funds}`)
}
