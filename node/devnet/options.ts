import { parseArgs } from 'node:util'
import { OracleError } from '../errors.ts'

/** What a person asked of the local network. */
export interface DevnetOptions {
  readonly nodes: number
  /** Rounds after every node is ready until the summary; null runs until Ctrl-C. */
  readonly rounds: number | null
  readonly feeds: readonly string[]
  /** Nodes killed with SIGKILL in the middle and restarted later, at most f. */
  readonly kill: number
  /** Real venues in place of the market server. */
  readonly sources: 'simulated' | 'live'
  /** One JSON object as the last line of stdout, no table. */
  readonly output: 'table' | 'json'
  /** Stay up after the summary. */
  readonly afterwards: 'stop' | 'keep'
  /** The scripted incident: a venue spikes by 20 %, another goes silent. */
  readonly incident: 'scripted' | 'none'
  readonly seed: number
}

export const DEVNET_USAGE = `npm start -- [options]
  --nodes N        oracle nodes, 4 to 16 (default 4)
  --rounds N       end by itself after N rounds with a summary and an exit code
  --feeds A,B      feeds (default BTC/USD,ETH/USD,SOL/USD)
  --kill N         kill N nodes with SIGKILL in the middle, start them again later
  --live           the real venues instead of the local market
  --no-incident    no spiking and no silent venue
  --seed N         seed of the local market (default 1)
  --json           no table; the last line of stdout is one JSON object
  --keep           stay up after the summary
  --help           this text`

const FEEDS = ['BTC/USD', 'ETH/USD', 'SOL/USD']

const OPTIONS = {
  nodes: { type: 'string', default: '4' },
  rounds: { type: 'string' },
  feeds: { type: 'string', default: FEEDS.join(',') },
  kill: { type: 'string', default: '0' },
  live: { type: 'boolean', default: false },
  'no-incident': { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

/**
 * Reads the arguments of `npm start`.
 *
 * @returns null when help was asked for
 * @throws {OracleError} `DEVNET_OPTION_INVALID`
 */
export function parseDevnetOptions(args: readonly string[]): DevnetOptions | null {
  const values = read(args)
  if (values.help) return null
  const nodes = whole('nodes', values.nodes, { min: 4, max: 16 })
  const faulty = Math.floor((nodes - 1) / 3)
  const feeds = values.feeds.split(',')
  for (const feed of feeds) {
    if (!FEEDS.includes(feed)) throw refused('feeds', `knows only ${FEEDS.join(', ')}`)
  }
  if (new Set(feeds).size !== feeds.length) throw refused('feeds', 'names a feed twice')
  return {
    nodes,
    rounds:
      values.rounds === undefined
        ? null
        : whole('rounds', values.rounds, { min: 1, max: 1_000_000 }),
    feeds,
    kill: whole('kill', values.kill, { min: 0, max: faulty }),
    sources: values.live ? 'live' : 'simulated',
    output: values.json ? 'json' : 'table',
    afterwards: values.keep ? 'keep' : 'stop',
    incident: values.live || values['no-incident'] ? 'none' : 'scripted',
    seed: whole('seed', values.seed, { min: 0, max: 0xffffffff }),
  }
}

function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : 'unknown option'
    throw new OracleError('DEVNET_OPTION_INVALID', `${message}\n${DEVNET_USAGE}`, { cause })
  }
}

function whole(
  name: string,
  text: string,
  range: { readonly min: number; readonly max: number },
): number {
  const value = Number(text)
  if (/^[0-9]{1,10}$/.test(text) && value >= range.min && value <= range.max) return value
  throw refused(name, `takes a whole number from ${range.min} to ${range.max}`)
}

function refused(name: string, rule: string): OracleError {
  return new OracleError('DEVNET_OPTION_INVALID', `--${name} ${rule}`, {
    context: { option: name },
  })
}
