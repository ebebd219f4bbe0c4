import { once } from 'node:events'
import { loadConfig } from '../../config/load.ts'
import { createLog } from '../../logging.ts'
import { command } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'
import { reloadsOf } from '../reloads.ts'

/** Holds the keys of one oracle in a process of its own until it is asked to stop. */
export const signer = command({
  name: 'signer',
  summary: "Hold an oracle's keys and sign for it, in a process of their own.",
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      required: true,
      describe: "the node's configuration with keys.signer",
    },
  },
  run: async ({ config: path, json }, { stdout, stderr, terminal, signal, onHangUp }) => {
    const reloads = reloadsOf(onHangUp)
    const loaded = await loadConfig(path)
    const log = createLog(loaded.config.log, stderr)
    // Loaded here, not above: cryptography takes a moment that other commands need not wait.
    const { startSignerProcess } = await import('../../signer/process.ts')
    try {
      await using running = await startSignerProcess(loaded, { log, terminal, signal })
      const { socket } = running
      stdout.write(json ? `${JSON.stringify({ socket })}\n` : `${socket}\n`)
      reloads.startTo(() => void running.reload())
      if (!signal.aborted) await Promise.race([running.failed, once(signal, 'abort')])
      reloads.startTo(() => undefined)
      log.info('signer.stopping', { ...running.status() })
    } catch (error) {
      // Being asked to stop while starting is no failure.
      if (!signal.aborted || error !== signal.reason) throw error
    }
    return EXIT_DONE
  },
})
