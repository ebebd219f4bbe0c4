import { toHex } from '../../../aggregator/values/bytes.ts'
import { loadConfigToBe } from '../../config/load.ts'
import { generateKey } from '../../keygen/generate.ts'
import { type KeygenProgress, progressText } from '../../keygen/progress.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'

const MEET_SECONDS = 600
const PHASE_SECONDS = 60
const LINGER_MS = 10_000

/** Takes part in making the committee's key (protocol §11.1). */
export const dkg = command({
  name: 'dkg',
  summary: "Make the committee's key together with all other members.",
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      required: true,
      describe: "the node's configuration; its committee file gets the key",
    },
    'meet-timeout': {
      type: 'string',
      value: 'SECONDS',
      describe: `how long to wait until every member is there; default ${MEET_SECONDS}`,
    },
    'phase-timeout': {
      type: 'string',
      value: 'SECONDS',
      describe: `how long each phase may take then; default ${PHASE_SECONDS}`,
    },
  },
  run: async (options, { stdout, stderr, terminal, signal }) => {
    const meetMs = 1_000 * secondsOf(options['meet-timeout'], MEET_SECONDS)
    const phaseMs = 1_000 * secondsOf(options['phase-timeout'], PHASE_SECONDS)
    const loaded = await loadConfigToBe(options.config)
    const size = loaded.committee.params.members.length
    const startedMs = performance.now()
    let shown = ''
    const onProgress = (progress: KeygenProgress) => {
      const text = options.json ? JSON.stringify({ progress }) : progressText(progress, size)
      // The text says less than the progress: two steps may read the same.
      if (text !== shown) stderr.write(`${text}\n`)
      shown = text
    }
    const generated = await generateKey(
      { loaded, timing: { meetMs, phaseMs }, lingerMs: LINGER_MS },
      { terminal, signal, onProgress },
    )
    const { config } = loaded
    const facts = {
      member: generated.member,
      committeeDigest: toHex(generated.committeeDigest),
      publicKey: toHex(generated.committee.groupKey.publicKey),
      committee: config.committee,
      signingShare: config.keys.signingShare,
      durationMs: Math.round(performance.now() - startedMs),
    }
    stdout.write(options.json ? `${JSON.stringify(facts)}\n` : report(facts))
    return EXIT_DONE
  },
})

function secondsOf(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  if (/^\d{1,5}$/.test(text) && Number(text) > 0) return Number(text)
  throw usageError('a timeout must be 1 to 99999 seconds', 'dkg')
}

function report(facts: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries(facts).map(([name, value]) => `${name}: ${value}`)
  return `${lines.join('\n')}\n`
}
