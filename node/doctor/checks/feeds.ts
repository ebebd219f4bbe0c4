import type { NodeValue } from '../../../aggregator/aggregation/node-value.ts'
import { SOURCE_STATE_START, sampleSources } from '../../../aggregator/aggregation/node-value.ts'
import type { FeedParams } from '../../../aggregator/committee/params.ts'
import { isDerived } from '../../../aggregator/committee/params.ts'
import { formatDecimal } from '../../../aggregator/values/decimal.ts'
import { sourceSettings } from '../../sources/settings.ts'
import { clockAt } from '../../sources/source-clock.ts'
import type { Check } from '../check.ts'
import type { Finding } from '../finding.ts'
import { fault, ok, warning } from '../finding.ts'

/** What the node's value of each feed would be, from what the venues have just answered. */
export const feeds: Check = {
  name: 'feeds',
  reach: 'network',
  examine: async ({ config, feeds: listed, quotes }, { clock }) => {
    const settings = sourceSettings(config.sources, listed)
    const nowMs = clockAt(clock, config.sources.clockOffsetMs).nowMs()
    const input = { state: SOURCE_STATE_START, quotes, nowMs }
    const sample = sampleSources(settings, input)
    const findings = listed.flatMap((feed) => {
      // Others are computed from what the committee has certified.
      if (isDerived(feed.kind)) return []
      const value = sample.feeds.find((each) => each.feed === feed.name) ?? null
      const rules = settings.feeds.find(({ name }) => name === feed.name)?.rules
      return [feedFinding(feed, value, rules?.sourcesMin ?? feed.sourcesMin)]
    })
    return { findings }
  },
}

/**
 * @param value null when the configuration has no sources for the feed
 * @param sourcesMin venues that it needs, by committee and configuration
 */
export function feedFinding(
  { name, decimals }: FeedParams,
  value: NodeValue | null,
  sourcesMin: number,
): Finding {
  const check = `feed ${name}`
  if (value === null) {
    return fault(check, {
      code: 'FEED_NOT_CONFIGURED',
      seen: 'the committee has this feed, and this node has no sources for it',
      advice: `add it to sources.feeds: ${name}`,
    })
  }
  const used = value.venues.filter(({ weightBps }) => weightBps > 0)
  if (value.value === null) {
    const byCode = Map.groupBy(value.venues, ({ code }) => code)
    const reasons = [...byCode].map(
      ([code, venues]) => `${code} ${venues.map(({ venue }) => venue).join(', ')}`,
    )
    return fault(check, {
      code: value.reason ?? 'SOURCES_TOO_FEW',
      seen: `this node has no value; it needs ${sourcesMin} venues: ${reasons.join('; ')}`,
      advice: 'replace venues that refuse this region or are down, or add more to sources.feeds',
    })
  }
  const seen = `${formatDecimal(value.value, decimals)} from ${used.length} venues`
  if (used.length > sourcesMin) return ok(check, `${seen}; it needs ${sourcesMin}`)
  return warning(check, {
    code: 'FEED_WITHOUT_RESERVE',
    seen: `${seen}, and needs all of them`,
    advice: 'add venues to sources.feeds: the next one that fails takes the feed along',
  })
}
