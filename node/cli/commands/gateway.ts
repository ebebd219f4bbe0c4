import { once } from 'node:events'
import { gatewayFrom, type LoadedGateway, loadGateway } from '../../gateway/config.ts'
import { giveBackWhatLoadingTook, keepHeapSmall } from '../../heap.ts'
import { createLog } from '../../logging.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { reloadsOf } from '../reloads.ts'
import { readVersion } from '../version.ts'

/** Runs a gateway until it is asked to stop. */
export const gateway = command({
  name: 'gateway',
  summary: 'Follow a committee without a key and serve its certificates (Ctrl-C ends it).',
  options: {
    config: { type: 'string', value: 'FILE', describe: 'configuration; in place of the others' },
    committee: { type: 'string', value: 'FILE', describe: 'committee file' },
    bootstrap: {
      type: 'string',
      value: 'ADDRESS',
      multiple: true,
      describe: 'public port of a member or gateway, such as /dns4/host/tcp/9001; may be repeated',
    },
    listen: {
      type: 'string',
      value: 'ADDRESS',
      multiple: true,
      describe: 'where further gateways may follow this one; may be repeated',
    },
    port: { type: 'string', value: 'NUMBER', describe: 'port of the API on 127.0.0.1' },
    epoch: {
      type: 'string',
      value: 'NUMBER',
      describe: 'number of the committee on contracts; default 1, the first',
    },
  },
  run: async (options, { stdout, stderr, signal, onHangUp }) => {
    const reloads = reloadsOf(onHangUp)
    const loaded = await load(options)
    const log = createLog(loaded.config.log, stderr)
    keepHeapSmall()
    // Loaded here, not above: the network stack takes a second that other commands need not wait.
    const { startGateway } = await import('../../gateway/gateway.ts')
    try {
      await using running = await startGateway(loaded, {
        log,
        signal,
        version: await readVersion(),
      })
      giveBackWhatLoadingTook()
      const { address, listenAddresses } = running
      const json = JSON.stringify({ address, listenAddresses })
      stdout.write(`${options.json ? json : address}\n`)
      reloads.startTo(() => void running.reload?.())
      if (!signal.aborted) await Promise.race([running.failed, once(signal, 'abort')])
      reloads.startTo(() => undefined)
      log.info('gateway.stopping')
    } catch (error) {
      // Being asked to stop while starting is no failure.
      if (!signal.aborted || error !== signal.reason) throw error
    }
    return EXIT_DONE
  },
})

interface Options {
  readonly config: string | undefined
  readonly committee: string | undefined
  readonly bootstrap: readonly string[]
  readonly listen: readonly string[]
  readonly port: string | undefined
  readonly epoch: string | undefined
}

async function load(options: Options): Promise<LoadedGateway> {
  const { config, committee, bootstrap, listen, port, epoch } = options
  const isFlagged = [committee, port, epoch].some((value) => value !== undefined)
  const isListed = bootstrap.length + listen.length > 0
  if (config !== undefined) {
    if (isFlagged || isListed) throw usageError('give --config or the other options', 'gateway')
    return await loadGateway(config)
  }
  if (committee === undefined || bootstrap.length === 0) {
    throw usageError('needs --config, or --committee and --bootstrap', 'gateway')
  }
  if (port !== undefined && !/^\d{1,5}$/.test(port)) {
    throw usageError('--port must be a number', 'gateway')
  }
  if (epoch !== undefined && !/^[1-9]\d{0,8}$/.test(epoch)) {
    throw usageError('--epoch must be a number from 1 on', 'gateway')
  }
  return await gatewayFrom({
    committee,
    network: { bootstrap, ...(listen.length > 0 && { listen }) },
    ...(epoch !== undefined && { epoch: Number(epoch) }),
    ...(port !== undefined && { api: { port: Number(port) } }),
  })
}
