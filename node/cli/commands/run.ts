import { once } from 'node:events'
import { loadConfig } from '../../config/load.ts'
import { giveBackWhatLoadingTook, keepHeapSmall } from '../../heap.ts'
import { createLog } from '../../logging.ts'
import { command } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { reloadsOf } from '../reloads.ts'
import { readVersion } from '../version.ts'

/** Runs one oracle until it is asked to stop, or until going on would be unsafe. */
export const run = command({
  name: 'run',
  summary: 'Run one oracle until it is asked to stop (Ctrl-C).',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      required: true,
      describe: "the node's configuration, as `parallax init` writes it",
    },
  },
  run: async ({ config: path, json }, { stdout, stderr, terminal, signal, onHangUp }) => {
    keepHeapSmall()
    const reloads = reloadsOf(onHangUp)
    const loaded = await loadConfig(path)
    const log = createLog(loaded.config.log, stderr)
    // Loaded here, not above: the network stack takes a second that other commands need not wait.
    const { startNode } = await import('../../compose.ts')
    const version = await readVersion()
    try {
      await using node = await startNode(loaded, { log, terminal, version, signal })
      giveBackWhatLoadingTook()
      const { address } = node
      stdout.write(json ? `${JSON.stringify({ address })}\n` : `${address}\n`)
      reloads.startTo(() => void node.reload())
      if (!signal.aborted) await Promise.race([node.failed, once(signal, 'abort')])
      reloads.startTo(() => undefined)
      log.info('node.stopping')
    } catch (error) {
      // Being asked to stop while starting is no failure.
      if (!signal.aborted || error !== signal.reason) throw error
    }
    return EXIT_DONE
  },
})
