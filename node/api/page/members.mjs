import { byId, element, grouped, percent, row, setText } from './write.mjs'

/** Share of a member's values from which its outliers are coloured. */
const OUTLIERS_SHOWN = 0.05

export function showMembers(peers) {
  byId('peers').tBodies[0].replaceChildren(...peers.map(peerRow))
  const counted = Math.max(...peers.map(({ measured }) => measured.absent.of))
  setText('measured', `measured over ${counted} rounds`)
}

function peerState(peer) {
  if (peer.isConvicted) return ['convicted', 'bad']
  if (peer.isSelf) return ['this node', 'soft']
  if (!peer.isConnected) return ['not connected', 'bad']
  return peer.isExpected ? ['expected', 'good'] : ['excluded', 'warn']
}

function peerRow(peer) {
  const [state, colour] = peerState(peer)
  const id = document.createElement('td')
  const code = element('code', `${peer.peerId.slice(0, 6)}…${peer.peerId.slice(-6)}`)
  code.title = peer.peerId
  id.append(code)
  return row(
    element('td', String(peer.index)),
    id,
    element('td', state, colour),
    runsCell(peer),
    element('td', peer.lastRound === null ? '–' : grouped(String(peer.lastRound)), 'n'),
    element('td', String(peer.observed), 'n'),
    ...measuredCells(peer.measured),
  )
}

/** What a member says that it runs, which the node has checked for its form. */
function runsCell({ version, protocol }) {
  const cell = element('td', version ?? '–')
  if (protocol !== null) cell.title = `protocol ${protocol}`
  return cell
}

/** Lateness, clock, outliers and echoes; what an operator should ask about is coloured. */
function measuredCells({ absent, latenessMs, clockLeadMs, outliers, echo, isSuspected }) {
  const late = latenessMs === null ? '–' : `${latenessMs.p50} · ${latenessMs.p99} ms`
  const lead = clockLeadMs === null ? '–' : `${signed(clockLeadMs.p50)} ms`
  const far = element('td', percent(outliers.count, outliers.of), 'n')
  if (outliers.worst !== null) {
    const { feed, count, of } = outliers.worst
    far.title = `${feed}: ${count} of ${of}`
    if (outliers.count >= OUTLIERS_SHOWN * outliers.of) far.classList.add('warn')
  }
  const echoes = element('td', percent(echo.count, echo.of), 'n')
  if (echo.mostly !== null) {
    const whom = echo.mostly === 'committee' ? 'the certified values' : `member ${echo.mostly}`
    echoes.title = `mostly of ${whom}`
  }
  if (isSuspected) echoes.classList.add('bad')
  return [
    element('td', percent(absent.count, absent.of), 'n'),
    element('td', late, 'n'),
    element('td', lead, clockLeadMs !== null && clockLeadMs.p50 > 0 ? 'n warn' : 'n'),
    far,
    echoes,
  ]
}

/** With its sign, and the minus of the rest of the page. */
function signed(number) {
  return number > 0 ? `+${number}` : String(number).replace('-', '−')
}
