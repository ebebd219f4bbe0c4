import { isMemberOftenAbsent, isMemberOftenOutlying } from '../../aggregator/statistics/concerns.ts'
import type { Overview } from '../api/view.ts'
import { columns } from './columns.ts'
import { venueFacts } from './venue-facts.ts'

/** How a node is, for a reader: facts, whom to ask about what, and its feeds as a table. */
export function overviewText({ status: node, feeds, peers, venues, obstacles }: Overview): string {
  const connected = peers.filter((peer) => peer.isConnected && !peer.isSelf).length
  const { fast, proposed, skipped } = node.rounds
  const latency = node.latencyMs === null ? '-' : `${node.latencyMs.p50} ms`
  const facts = [
    ['node', `${node.name}, member ${node.member} of ${node.committee.size}, ${node.network}`],
    ['runs', `${node.version}, configuration ${node.configDigest}`],
    ...reloadText(node.reload),
    ['state', obstacles.length === 0 ? 'ready' : `not ready: ${obstacles.join(', ')}`],
    ['round', `${node.round}, every ${node.roundMs} ms`],
    ['rounds', `${fast} fast, ${proposed} proposed, ${skipped} skipped; latency ${latency}`],
    ['members', `${connected} of ${node.committee.size - 1} connected${missingText(peers)}`],
    ...versionsText(peers),
    ...peers.flatMap(askAboutText),
    ...venues.flatMap(venueFacts),
  ]
  const rows = feeds.map(({ name, certified, local }) => {
    const value = certified?.value ?? 'unavailable'
    return [name, value, certified === null ? '-' : String(certified.round), local.value ?? '-']
  })
  const table = columns([['FEED', 'COMMITTEE', 'ROUND', 'THIS NODE'], ...rows])
  return `${columns(facts)}\n\n${table}\n`
}

/** Nothing unless the file was refused since: then the node runs with an older one. */
function reloadText(reload: Overview['status']['reload']): string[][] {
  if (reload?.outcome !== 'refused') return []
  const at = new Date(reload.atMs).toISOString()
  return [['reload', `refused ${at}: ${reload.code}, ${reload.problems} in the log`]]
}

/** Nothing while all that say it run alike. */
function versionsText(peers: Overview['peers']): string[][] {
  const said = peers.filter((peer) => peer.version !== null)
  const groups = Map.groupBy(said, ({ version, protocol }) => `${version} protocol ${protocol}`)
  if (groups.size < 2) return []
  const texts = [...groups].map(
    ([runs, members]) => `${runs}: member ${members.map(({ index }) => index).join(', ')}`,
  )
  return [['versions', texts.join('; ')]]
}

/** Whom an operator has to call. */
function missingText(peers: Overview['peers']): string {
  const missing = peers.filter((peer) => !peer.isConnected && !peer.isSelf)
  if (missing.length === 0) return ''
  const word = missing.length === 1 ? 'member' : 'members'
  return `, not ${word} ${missing.map(({ index }) => index).join(', ')}`
}

/** What an operator should ask another about, for members that give reason (protocol §9.2). */
function askAboutText({ index, isSelf, measured }: Overview['peers'][number]): string[][] {
  if (isSelf) return []
  const { absent, outliers, echo, isSuspected } = measured
  const reasons: string[] = []
  if (isMemberOftenAbsent(absent)) reasons.push(`absent in ${percentText(absent)} of rounds`)
  if (isMemberOftenOutlying(outliers)) {
    const worst = outliers.worst === null ? '' : `, most in ${outliers.worst.feed}`
    reasons.push(`${percentText(outliers)} of its values far from the committee's${worst}`)
  }
  if (isSuspected) reasons.push(`repeats what others said before in ${percentText(echo)} of rounds`)
  return reasons.length === 0 ? [] : [['', `member ${index}: ${reasons.join('; ')}`]]
}

function percentText({ count, of }: { readonly count: number; readonly of: number }): string {
  return `${((100 * count) / of).toFixed(1)} %`
}
