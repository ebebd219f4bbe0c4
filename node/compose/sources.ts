import type { Context } from '../../aggregator/context.ts'
import type { Metrics } from '../api/metrics.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../logging.ts'
import type { SourcesConfig } from '../sources/config.ts'
import { SourceEngine } from '../sources/engine.ts'
import { HOST_SOURCES } from '../sources/host.ts'
import { clockAt } from '../sources/source-clock.ts'
import { countingSources } from './counting.ts'
import { type Sources, sourcesPort } from './sources-port.ts'

export interface SourcesDependencies {
  readonly context: Context
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** The venues of a configuration, and the values that a node makes of them. */
export function makeSources(
  config: SourcesConfig,
  { context, clock: wall, log, metrics }: SourcesDependencies,
): { readonly engine: SourceEngine; readonly sources: Sources } {
  const { clockOffsetMs } = config
  // Now, unless they read a replayed market (ADR 0102).
  if (clockOffsetMs !== 0) log.warn('source.clock.shifted', { clockOffsetMs })
  const clock = clockAt(wall, clockOffsetMs)
  const { feeds } = context.committee.params
  const engine = new SourceEngine(
    { config, feeds },
    {
      ...HOST_SOURCES,
      clock,
      log,
      metrics: countingSources(metrics),
      keccak256: context.crypto.keccak256,
    },
  )
  return { engine, sources: sourcesPort({ feeds, engine, clock }) }
}
