import { request } from 'undici'
import type { Overview } from '../../api/view.ts'
import { loadConfig } from '../../config/load.ts'
import { codeOf, OracleError } from '../../errors.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE, exitCodeOf } from '../exit-codes.ts'

const TIMEOUT_MS = 5_000
const BYTES_MAX = 8_388_608

/** Asks a running node how it is. */
export const status = command({
  name: 'status',
  summary: 'Ask a running node how it is.',
  options: {
    url: { type: 'string', value: 'URL', describe: 'address of its API' },
    config: { type: 'string', value: 'FILE', describe: 'take the address from a configuration' },
  },
  run: async ({ url, config, json }, { stdout }) => {
    const overview = await ask(await addressOf(url, config))
    stdout.write(json ? `${JSON.stringify(overview)}\n` : textOf(overview))
    if (overview.obstacles.length === 0) return EXIT_DONE
    const reasons = overview.obstacles.join(', ')
    return exitCodeOf(new OracleError('NODE_NOT_READY', `the node is not ready: ${reasons}`))
  },
})

async function addressOf(url: string | undefined, config: string | undefined): Promise<string> {
  if (url !== undefined && config !== undefined)
    throw usageError('give --url or --config', 'status')
  if (url !== undefined) {
    if (URL.canParse(url)) return url.replace(/\/+$/, '')
    throw usageError('--url must be an address such as http://127.0.0.1:8080', 'status')
  }
  if (config === undefined) return 'http://127.0.0.1:8080'
  const { host, port } = (await loadConfig(config)).config.api
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function ask(address: string): Promise<Overview> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const answer = await request(`${address}/v1/overview`, { signal })
    let text = ''
    for await (const chunk of answer.body.setEncoding('utf8')) {
      text += chunk
      if (text.length > BYTES_MAX) throw new Error('the answer is too long')
    }
    if (answer.statusCode !== 200) throw new Error(`HTTP ${answer.statusCode}`)
    const overview = JSON.parse(text) as Overview
    if (!Array.isArray(overview.obstacles)) throw new Error('this is no node of ours')
    return overview
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OracleError(
      'NODE_UNREACHABLE',
      `no node answers at ${address}; is it running, and is this its api.port?`,
      { context: { address, code: codeOf(cause), reason }, cause },
    )
  }
}

function textOf({ status: node, feeds, peers, obstacles }: Overview): string {
  const connected = peers.filter((peer) => peer.isConnected && !peer.isSelf).length
  const { fast, proposed, skipped } = node.rounds
  const latency = node.latencyMs === null ? '-' : `${node.latencyMs.p50} ms`
  const facts = [
    ['node', `${node.name}, member ${node.member} of ${node.committee.size}, ${node.network}`],
    ['state', obstacles.length === 0 ? 'ready' : `not ready: ${obstacles.join(', ')}`],
    ['round', `${node.round}, every ${node.roundMs} ms`],
    ['rounds', `${fast} fast, ${proposed} proposed, ${skipped} skipped; latency ${latency}`],
    ['members', `${connected} of ${node.committee.size - 1} connected`],
  ]
  const rows = feeds.map(({ name, certified, local }) => {
    const value = certified?.value ?? 'unavailable'
    return [name, value, certified === null ? '-' : String(certified.round), local.value ?? '-']
  })
  const table = columns([['FEED', 'COMMITTEE', 'ROUND', 'THIS NODE'], ...rows])
  return `${columns(facts)}\n\n${table}\n`
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')
  return rows.map((cells) => line(cells).trimEnd()).join('\n')
}
