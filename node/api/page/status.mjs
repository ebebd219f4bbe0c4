// The status page: asks the node for everything it shows once a second and writes it as text, never
// as markup, because names and codes may come from outside.

import { showMembers } from './members.mjs'
import { byId, element, grouped, percent, row, setText } from './write.mjs'

const POLL_MS = 1_000
const TREND_POINTS = 90
const ROUNDS_SHOWN = 120

const trends = new Map()

function age(fromMs, nowMs) {
  const ms = Math.max(0, nowMs - fromMs)
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return `${Math.round(ms / 3_600_000)} h`
}

function showSummary({ status, peers }) {
  const { rounds, committee, latencyMs } = status
  const certified = rounds.fast + rounds.proposed
  const ended = certified + rounds.skipped
  const connected = peers.filter((peer) => peer.isConnected && !peer.isSelf).length
  const isSilent = status.round <= status.barrier
  document.title = `Parallax · ${status.network} · ${status.name}`
  setText('network', status.network)
  setText('round', grouped(String(status.round)))
  setText('roundSub', isSilent ? `silent until ${status.barrier}` : `every ${status.roundMs} ms`)
  setText('certified', percent(certified, ended))
  setText('certifiedSub', `${percent(rounds.fast, ended)} fast, ${rounds.skipped} skipped`)
  setText('latency', latencyMs === null ? '–' : `${latencyMs.p50} ms`)
  setText('latencySub', latencyMs === null ? '' : `p99 ${latencyMs.p99} ms`)
  setText('members', `${connected} of ${committee.size - 1}`)
  setText('membersSub', `f = ${committee.f}, ${committee.threshold} sign`)
  const digest = status.committeeDigest.slice(0, 12)
  setText('about', `${status.name}, member ${status.member} · ${status.version} · ${digest}…`)
}

function showObstacles(obstacles) {
  const notice = byId('obstacles')
  notice.hidden = obstacles.length === 0
  notice.textContent = `Not ready: ${obstacles.join(', ')}`
}

/** Bars as high as the latency is long; the newest on the right. */
function showRounds({ rounds, status }) {
  const shown = rounds.slice(0, ROUNDS_SHOWN).toReversed()
  const bars = shown.map(({ round, path, latencyMs }) => {
    const share = latencyMs === null ? 0 : Math.ceil((9 * latencyMs) / status.roundMs)
    const height = path === 'skipped' ? 9 : Math.min(9, Math.max(1, share))
    const bar = element('i', '', path === 'open' ? '' : `${path} h${height}`)
    bar.title = `${round}: ${path}${latencyMs === null ? '' : `, ${latencyMs} ms`}`
    return bar
  })
  byId('rounds').replaceChildren(...bars)
}

function trendOf(feed) {
  const points = trends.get(feed.name) ?? []
  if (feed.certified !== null && feed.certified.value !== null) {
    points.push(Number(feed.certified.value))
    trends.set(feed.name, points.slice(-TREND_POINTS))
  }
  return trends.get(feed.name) ?? []
}

function sparkline(points) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', 'spark')
  svg.setAttribute('viewBox', '0 0 100 20')
  svg.setAttribute('preserveAspectRatio', 'none')
  if (points.length < 2) return svg
  const [low, high] = [Math.min(...points), Math.max(...points)]
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline')
  const at = (value, index) => {
    const x = (100 * index) / (points.length - 1)
    // What never changes runs through the middle.
    const share = high > low ? (value - low) / (high - low) : 1 / 2
    return `${x.toFixed(1)},${(19 - 18 * share).toFixed(1)}`
  }
  line.setAttribute('points', points.map(at).join(' '))
  svg.append(line)
  return svg
}

function feedRow(feed, status) {
  const { certified, local } = feed
  const [chain] = feed.onChain
  const trend = document.createElement('td')
  trend.append(sparkline(trendOf(feed)))
  const isOk = certified !== null && certified.status === 'ok'
  const behind = chain === undefined || certified === null ? '–' : certified.round - chain.round
  return row(
    element('td', feed.name, 'strong'),
    element('td', isOk ? grouped(certified.value) : 'unavailable', isOk ? 'n strong' : 'n bad'),
    element('td', isOk ? grouped(certified.spread) : '–', 'n'),
    element('td', certified === null ? '–' : String(certified.observers), 'n'),
    element('td', certified === null ? '–' : age(certified.timestampMs, status.nowMs), 'n'),
    element('td', chain === undefined ? '–' : grouped(chain.value), 'n'),
    element('td', String(behind), 'n'),
    element('td', local.value === null ? (local.code ?? '–') : grouped(local.value), 'n soft'),
    trend,
  )
}

/** A decimal text cut to six digits behind the point; the API has all of them. */
function shortened(ether) {
  return ether.replace(/(\.\d{6})\d+$/, '$1')
}

function chainBlock(chain) {
  const list = document.createElement('dl')
  const add = (term, text, className = '') =>
    list.append(element('dt', term), element('dd', text, className))
  add('Target', `${chain.target} (chain ${chain.chainId})`)
  add('Contract', chain.contract)
  add('Landed', `${chain.landed}, superseded ${chain.superseded}, failed ${chain.failed}`)
  if (chain.last !== null) {
    const { round, blockNumber, gasUsed } = chain.last
    add('Last', `round ${round} in block ${blockNumber}, ${grouped(String(gasUsed))} gas`)
  }
  for (const { feed, expirySeconds, state, closesInSeconds } of chain.settlements) {
    const expiry = new Date(expirySeconds * 1_000).toISOString().slice(0, 16).replace('T', ' ')
    const isMissing = state === 'missing' || state === 'missed'
    const left = state === 'missing' ? `, closes in ${closesInSeconds} s` : ''
    add(`Expiry ${expiry}`, `${feed}: ${state}${left}`, isMissing ? 'warn' : undefined)
  }
  if (chain.succession !== null) {
    const { step, isOverdue, fault } = chain.succession
    const why = fault === null ? '' : `, ${fault}`
    add('Hand-over', `waits to ${step}${why}`, isOverdue ? 'bad' : 'warn')
  }
  if (chain.lastFailure !== null) {
    add('Last failure', `${chain.lastFailure.code}: ${chain.lastFailure.detail}`, 'warn')
  }
  const balance = chain.balanceEther === null ? '–' : shortened(chain.balanceEther)
  add('Wallet', `${balance} ether, ${shortened(chain.spentEther)} spent in 24 h`)
  if (chain.signer !== null) {
    const { place, fault } = chain.signer
    add(`Signer ${place}`, fault ?? 'usable', fault === null ? 'good' : 'bad')
  }
  for (const { endpoint, fault } of chain.endpoints) {
    add(endpoint, fault ?? 'usable', fault === null ? 'good' : 'bad')
  }
  return list
}

const SOURCE_COLOURS = { used: '', clamped: 'warn', quarantined: 'bad', absent: 'bad' }

/** What a venue's prices come by, and why not by its stream. */
function transportCell(venue) {
  if (venue === undefined) return element('td', '')
  const { transport, stream, host, passedOver } = venue
  if (transport === 'poll' && passedOver.length > 0) {
    const codes = passedOver.map((entry) => `${entry.host} ${entry.code}`).join(', ')
    return element('td', `poll ${host}, not ${codes}`, 'warn')
  }
  if (stream === null) return element('td', 'poll')
  if (transport === 'stream') {
    return element('td', `stream, ${grouped(String(stream.frames))} messages`)
  }
  const reason = stream.code === 'ok' ? 'stream is quiet' : (stream.code ?? stream.state)
  return element('td', `poll, ${reason}`, 'warn')
}

/** One row for each venue, one column for each feed that venues are asked for. */
function showSources({ sources, venues: asking, feeds }) {
  const asked = new Set(sources.map((source) => source.feed))
  const names = feeds.map((feed) => feed.name).filter((name) => asked.has(name))
  const venues = [...new Set(sources.map((source) => source.venue))]
  const table = byId('sources')
  const by = element('th', 'Read by')
  const head = row(element('th', 'Venue'), by, ...names.map((name) => element('th', name, 'n')))
  const rows = venues.map((venue) => {
    const cells = names.map((name) => {
      const source = sources.find((entry) => entry.venue === venue && entry.feed === name)
      if (source === undefined) return element('td', '', 'n')
      const text = source.value === null ? (source.code ?? '–') : grouped(source.value)
      const reason = source.value === null || source.code === null ? '' : ` ${source.code}`
      return element('td', `${text}${reason}`, `n ${SOURCE_COLOURS[source.state]}`)
    })
    const transport = transportCell(asking.find((entry) => entry.venue === venue))
    return row(element('td', venue, 'strong'), transport, ...cells)
  })
  table.tHead.replaceChildren(head)
  table.tBodies[0].replaceChildren(...rows)
}

const CONFLICTS = {
  TWO_OBSERVATIONS: 'two observations',
  TWO_LATE_NOTICES: 'two late notices',
  TWO_PROPOSALS_OF_ONE_RANK: 'two proposals of one rank',
  TWO_SHARES_IN_ONE_SLOT: 'two shares in one slot',
  TWO_REPORT_DIGESTS: 'shares of two reports',
}

/** Only when there is some: a page that always says "none" teaches to look away. */
function showEvidence({ evidence }) {
  const section = byId('evidence')
  section.hidden = evidence.length === 0
  const items = evidence.map(({ accused, round, kind }) => {
    const what = CONFLICTS[kind] ?? kind
    return element('li', `Member ${accused}: ${what} in round ${grouped(String(round))}`, 'bad')
  })
  section.querySelector('ul').replaceChildren(...items)
}

function show(overview) {
  const { status, feeds, peers, chains } = overview
  showSummary(overview)
  showObstacles(overview.obstacles)
  showRounds(overview)
  byId('feeds').tBodies[0].replaceChildren(...feeds.map((feed) => feedRow(feed, status)))
  showMembers(peers)
  const blocks = chains.map(chainBlock)
  byId('chains').replaceChildren(
    ...(blocks.length > 0 ? blocks : [element('p', 'No target is configured.', 'soft')]),
  )
  showEvidence(overview)
  showSources(overview)
}

function showState(isLive, text) {
  byId('dot').className = `dot ${isLive ? 'good' : 'bad'}`
  setText('state', text)
}

async function poll() {
  try {
    const answer = await fetch('/v1/overview', { signal: AbortSignal.timeout(5_000) })
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    show(await answer.json())
    showState(true, 'live')
  } catch (error) {
    showState(false, `no answer (${error.message})`)
  } finally {
    setTimeout(poll, POLL_MS)
  }
}

await poll()
