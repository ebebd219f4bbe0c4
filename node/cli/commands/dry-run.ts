import { once } from 'node:events'
import { resolve } from 'node:path'
import { type Address, getAddress, isAddress } from 'viem'
import { type LoadedConfig, loadCommittee, loadConfig, loadSettings } from '../../config/load.ts'
import { accountElsewhere } from '../../config/transmitter-schema.ts'
import type { Finding } from '../../doctor/finding.ts'
import { seatOf } from '../../dry-run/seat.ts'
import { OracleError } from '../../errors.ts'
import { keepHeapSmall } from '../../heap.ts'
import { createLog } from '../../logging.ts'
import { tcpMultiaddr } from '../../settings/scalars.ts'
import { command, type Output, usageError } from '../command.ts'
import { EXIT_DONE, exitCodeOf } from '../exit-codes.ts'
import { countFindings, countsText, findingText } from '../finding-text.ts'
import { durationMsOf } from '../minutes.ts'
import { readVersion } from '../version.ts'

const NAME = 'dry-run'

/** Runs a node that signs and sends nothing, and says at its end how it would do. */
export const dryRun = command({
  name: NAME,
  summary: 'Run a node without its keys: ask, compare and price, but sign and send nothing.',
  options: {
    config: { type: 'string', value: 'FILE', required: true, describe: 'as of `parallax run`' },
    bootstrap: {
      type: 'string',
      value: 'ADDRESS',
      multiple: true,
      describe: 'public port to follow, such as /dns4/host/tcp/9001; may be repeated',
    },
    committee: {
      type: 'string',
      value: 'FILE',
      describe: 'the committee to follow, in place of the configured one',
    },
    member: { type: 'string', value: 'INDEX', describe: 'whose turns to deliver it plays' },
    wallet: { type: 'string', value: 'ADDRESS', describe: 'whose funds it looks at' },
    port: { type: 'string', value: 'NUMBER', describe: 'port of its API; default any free one' },
    minutes: { type: 'string', value: 'N', describe: 'end after so long, such as 0.5' },
  },
  run: async (options, { stdout, stderr, signal }) => {
    const { json, bootstrap } = options
    const { member, durationMs, ...settings } = settingsOf(options)
    keepHeapSmall()
    const loaded = await load(options)
    const seat = seatOf(loaded.config, loaded.committee, member)
    const wallet = settings.wallet ?? remoteWallet(loaded)
    const log = createLog(loaded.config.log, stderr)
    // Loaded here, not above: the network stack takes a second that other commands need not wait.
    const { startDryRun } = await import('../../dry-run/dry-run.ts')
    const version = await readVersion()
    try {
      const dry = { ...settings, seat, bootstrap, wallet }
      await using running = await startDryRun(loaded, dry, { log, version, signal })
      const { address } = running
      stdout.write(json ? `${JSON.stringify({ address })}\n` : `${address}\n`)
      const ended = endOf(durationMs, signal)
      if (!ended.aborted) await Promise.race([running.failed, once(ended, 'abort')])
      return tell(running.findings(), { stdout, json })
    } catch (error) {
      // Being asked to stop while starting is no failure.
      if (!signal.aborted || error !== signal.reason) throw error
      return EXIT_DONE
    }
  },
})

function endOf(durationMs: number | null, signal: AbortSignal): AbortSignal {
  if (durationMs === null) return signal
  return AbortSignal.any([signal, AbortSignal.timeout(durationMs)])
}

function tell(
  findings: readonly Finding[],
  { stdout, json }: { readonly stdout: Output; readonly json: boolean },
): number {
  const counts = countFindings(findings)
  if (json) stdout.write(`${JSON.stringify({ isSound: counts.fault === 0, findings })}\n`)
  else stdout.write(`${findings.map(findingText).join('')}${countsText(counts)}`)
  if (counts.fault === 0) return EXIT_DONE
  return exitCodeOf(new OracleError('DRY_RUN_FAULTS_FOUND', 'something has to be set right'))
}

interface Options {
  readonly config: string
  readonly committee: string | undefined
  readonly bootstrap: readonly string[]
  readonly member: string | undefined
  readonly wallet: string | undefined
  readonly port: string | undefined
  readonly minutes: string | undefined
}

function settingsOf({ bootstrap, member, wallet, port, minutes }: Options) {
  const stranger = bootstrap.find((address) => !tcpMultiaddr.safeParse(address).success)
  if (stranger !== undefined) {
    throw usageError('--bootstrap must be an address such as /dns4/host/tcp/9001', NAME)
  }
  if (member !== undefined && !/^\d{1,2}$/.test(member)) {
    throw usageError('--member must be a number from 0 on', NAME)
  }
  if (wallet !== undefined && !isAddress(wallet)) {
    throw usageError('--wallet must be an address: 0x and 40 hexadecimal digits', NAME)
  }
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw usageError('--port must be a number', NAME)
  }
  return {
    member: member === undefined ? null : Number(member),
    wallet: wallet === undefined ? null : getAddress(wallet),
    port: Number(port ?? 0),
    durationMs: minutes === undefined ? null : durationMsOf(minutes, NAME),
  }
}

async function load({ config, committee }: Options): Promise<LoadedConfig> {
  if (committee === undefined) return await loadConfig(config)
  const settings = await loadSettings(config)
  return { ...settings, committee: await loadCommittee(resolve(committee)), predecessor: null }
}

/** A key file tells its address only to who opens it; a remote signer's is configured. */
function remoteWallet({ config }: LoadedConfig): Address | null {
  return accountElsewhere(config.keys.transmitter)
}
