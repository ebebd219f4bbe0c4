import { isEqualConfig } from '../settings/equal.ts'
import type { LoadedConfig } from './load.ts'

/** What differs between two configurations, by paths such as `chains.mainnet.rpcUrls`. */
export interface ConfigChanges {
  /** Taken over by a process that runs. */
  readonly applied: readonly string[]
  /** What it takes over at its start alone. */
  readonly restart: readonly string[]
}

/** Of the API and the log, nodes and gateways take over the same. */
export const SERVED_WHILE_RUNNING = [
  'api.requestsPerMinuteMax',
  'api.connectionsMax',
  'api.connectionsPerAddressMax',
  'api.streamReadersMax',
  'log.level',
] as const

/** Paths that a node takes over while it runs; `*` stands for one name. */
const WHILE_RUNNING = [
  'sources.venues.*',
  'sources.declaredVenues.*',
  'sources.optionVenues.*',
  'sources.volatility',
  'sources.perpetualVenues.*',
  'sources.funding',
  'sources.futureVenues.*',
  'sources.forward',
  'sources.conversions',
  'sources.feeds.*',
  'chains.*.rpcUrls',
  'chains.*.sendUrls',
  'chains.*.rpcTimeoutMs',
  'chains.*.compareEveryMs',
  'chains.*.headAgeMsMax',
  'chains.*.headLagBlocksMax',
  'chains.*.pollEveryMs',
  'chains.*.bumpAfterMs',
  'chains.*.bumpsMax',
  'chains.*.feePerGasGweiMax',
  'chains.*.priorityFeePerGasGweiMax',
  'chains.*.gasMax',
  'chains.*.spendPerDayEtherMax',
  'chains.*.balanceEtherMin',
  ...SERVED_WHILE_RUNNING,
] as const

/** A configuration by its names, with the files that it names beside it. */
export type Settings = Readonly<Record<string, unknown>>

type Loaded = Pick<LoadedConfig, 'config' | 'committee' | 'predecessor'>

/** Compares two configurations of a node with the committee files that they name. */
export function changesBetween(before: Loaded, after: Loaded): ConfigChanges {
  return sortedChanges(plain(before), { after: plain(after), whileRunning: WHILE_RUNNING })
}

/**
 * Compares two configurations of one process. Values are left out: an address may hold the key of
 * a provider.
 *
 * @param whileRunning paths that the process takes over while it runs; `*` stands for one name
 */
export function sortedChanges(
  before: Settings,
  { after, whileRunning }: { readonly after: Settings; readonly whileRunning: readonly string[] },
): ConfigChanges {
  // Each path as its parts: a name may hold dots, so texts are not split.
  const patterns = whileRunning.map((path) => path.split('.'))
  const changes = { applied: [] as string[], restart: [] as string[] }
  for (const path of differing(before, after, [])) {
    const isApplied = patterns.some((pattern) => startsWith(path, pattern))
    changes[isApplied ? 'applied' : 'restart'].push(path.join('.'))
  }
  return changes
}

/** Targets by their names, so that their order says nothing. */
function plain({ config, committee, predecessor }: Loaded): Settings {
  const chains = Object.fromEntries(config.chains.map((chain) => [chain.name, chain]))
  const files = { 'committee file': committee, "predecessor's file": predecessor }
  return { ...config, chains, ...files }
}

function differing(
  before: unknown,
  after: unknown,
  path: readonly string[],
): readonly (readonly string[])[] {
  if (isEqualConfig(before, after)) return []
  if (!isRecord(before) || !isRecord(after) || path.length === DEPTH_MAX) return [path]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => differing(before[name], after[name], [...path, name]))
}

/** As deep as settings of one venue, feed or chain. */
const DEPTH_MAX = 4

function isRecord(value: unknown): value is Settings {
  if (typeof value !== 'object' || value === null) return false
  return !Array.isArray(value) && !(value instanceof Uint8Array)
}

function startsWith(path: readonly string[], pattern: readonly string[]): boolean {
  return pattern.every(
    (part, index) => part === path[index] || (part === '*' && index < path.length),
  )
}
