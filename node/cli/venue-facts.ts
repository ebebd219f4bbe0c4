import type { VenueView } from '../api/view.ts'

type Asked = Pick<VenueView, 'venue' | 'host' | 'passedOver' | 'code'>

/** Rows about a venue that is asked elsewhere than preferred, or not served here; else none. */
export function venueFacts({ venue, host, passedOver, code }: Asked): string[][] {
  if (code === 'SOURCE_REGION_BLOCKED') return [['venue', `${venue} ${reasonText(code)}`]]
  if (passedOver.length === 0) return []
  const others = passedOver.map((each) => `${each.host} ${reasonText(each.code)}`)
  return [['venue', `${venue} is asked at ${host}: ${others.join(', ')}`]]
}

function reasonText(code: string): string {
  return code === 'SOURCE_REGION_BLOCKED' ? 'does not serve this region' : `has ${code}`
}
