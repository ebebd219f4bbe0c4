import type { FeedParams } from '../../../aggregator/committee/params.ts'
import type { CommitteeToBe } from '../../config/committee-file.ts'
import { ConfigError } from '../../config/config-error.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { assertKeyGenerated, loadConfig, loadConfigToBe, loadSettings } from '../../config/load.ts'
import type { NodeConfig } from '../../config/schema.ts'
import type { Facts } from '../check.ts'
import type { Finding } from '../finding.ts'
import { fault, findingOf, ok, warning } from '../finding.ts'

const CHECK = 'configuration'
const COMMITTEE = 'committee file'

/** What the files say; null where the configuration itself has problems. */
export interface Configured {
  readonly findings: readonly Finding[]
  readonly facts: Pick<Facts, 'config' | 'committee' | 'predecessor' | 'feeds'> | null
}

/** Reads all files as `run` and `dkg` do, with every problem that `config check` would list. */
export async function checkConfiguration(path: string): Promise<Configured> {
  try {
    const { file, config, committee, predecessor } = await loadConfig(path)
    const known = { params: committee.params, complete: committee }
    const { network, members } = committee.params
    return {
      findings: [
        ok(CHECK, `${file}: network ${network}, ${members.length} members`),
        ...strengthFindings(config),
        ...dealtFindings({ config, committee }),
      ],
      facts: { config, committee: known, predecessor, feeds: committee.params.feeds },
    }
  } catch (error) {
    return await withProblems(path, error)
  }
}

/** The committee file may still wait for its key, or for being agreed on. */
async function withProblems(path: string, error: unknown): Promise<Configured> {
  const settings = await loadSettings(path).catch(() => null)
  if (settings === null) return { findings: problemFindings(CHECK, error), facts: null }
  const { config } = settings
  const committee = await loadConfigToBe(path).then(
    (loaded) => loaded.committee,
    () => null,
  )
  const feeds = committee?.params.feeds ?? configuredFeeds(config)
  return {
    findings: [
      ok(CHECK, settings.file),
      ...strengthFindings(config),
      ...committeeFindings(committee, error),
    ],
    facts: { config, committee, predecessor: null, feeds },
  }
}

function committeeFindings(committee: CommitteeToBe | null, error: unknown): readonly Finding[] {
  if (committee === null || committee.complete !== null) return problemFindings(COMMITTEE, error)
  return [
    warning(COMMITTEE, {
      code: 'KEYGEN_DUE',
      seen: 'it is in order, and has no key yet',
      advice: 'make the key with all other members: parallax dkg',
    }),
  ]
}

function problemFindings(check: string, error: unknown): readonly Finding[] {
  if (!(error instanceof ConfigError)) return [findingOf(check, 'fault', error)]
  const { file } = error.context
  return error.problems.map(({ path, message }) =>
    fault(check, {
      code: error.code,
      seen: `${file}: ${path === '' ? message : `${path}: ${message}`}`,
      advice: 'correct it (docs/config.md)',
    }),
  )
}

function strengthFindings({ keys }: NodeConfig): readonly Finding[] {
  if (keys.strength === 'standard') return []
  return [
    warning('key strength', {
      code: 'KEYSTORE_TOO_WEAK',
      seen: 'keys.strength is development: whoever gets the key files guesses the passphrase',
      advice: 'leave it so on a local network only',
    }),
  ]
}

function dealtFindings(loaded: Pick<LoadedConfig, 'config' | 'committee'>): readonly Finding[] {
  try {
    assertKeyGenerated(loaded)
    return []
  } catch (error) {
    return [findingOf(COMMITTEE, 'fault', error)]
  }
}

/** Before there is a committee, the sources are tried for the feeds they are configured for. */
function configuredFeeds({ sources }: NodeConfig): readonly FeedParams[] {
  return Object.entries(sources.feeds).map(([name, { sourcesMin }]) => ({
    name,
    decimals: 8,
    kind: 'spot',
    deviationBps: 1,
    heartbeatMs: 1,
    sourcesMin,
    valueMin: 0n,
    valueMax: 2n ** 96n,
  }))
}
