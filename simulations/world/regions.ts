/**
 * Round-trip times between ten cloud regions in milliseconds, median and 90th percentile, from one
 * region (row) to another (column): public measurements of inter-region latency, the same that
 * public estimators of consensus latency use.
 */
export const REGIONS = [
  'us-east-1',
  'us-west-1',
  'eu-west-1',
  'eu-central-1',
  'eu-north-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-southeast-1',
  'ap-south-1',
  'sa-east-1',
] as const
export type Region = (typeof REGIONS)[number]

const ROUND_TRIPS: Readonly<Record<Region, string>> = {
  'us-east-1': '6/9 64/74 70/75 93/99 113/118 150/157 180/188 220/230 193/204 115/119',
  'us-west-1': '64/74 3/5 130/134 153/157 173/176 108/111 134/137 170/174 232/239 175/178',
  'eu-west-1': '70/73 130/134 3/6 27/31 41/44 202/208 233/240 179/186 126/134 178/181',
  'eu-central-1': '93/95 153/157 27/30 4/6 23/26 227/231 231/253 160/164 129/133 204/206',
  'eu-north-1': '112/115 172/175 40/43 23/26 3/5 247/251 250/263 180/185 149/153 223/226',
  'ap-northeast-1': '150/156 109/112 202/209 228/232 247/251 3/6 36/39 71/74 134/146 258/264',
  'ap-northeast-2': '180/187 134/138 233/240 232/254 250/272 36/39 4/6 74/80 135/140 289/296',
  'ap-southeast-1': '219/231 171/175 179/186 161/165 181/185 71/74 74/81 4/6 64/67 328/333',
  'ap-south-1': '190/201 232/238 125/132 129/133 148/153 133/145 134/140 64/67 3/5 301/305',
  'sa-east-1': '115/118 175/178 179/181 205/208 223/227 259/264 290/296 328/333 302/306 3/6',
}

export interface RoundTrip {
  readonly p50Ms: number
  readonly p90Ms: number
}

export function roundTripOf(from: Region, to: Region): RoundTrip {
  const entry = ROUND_TRIPS[from].split(' ')[REGIONS.indexOf(to)]
  const [p50Ms, p90Ms] = (entry ?? '').split('/').map(Number)
  if (p50Ms === undefined || p90Ms === undefined) throw new RangeError('a pair of known regions')
  return { p50Ms, p90Ms }
}
