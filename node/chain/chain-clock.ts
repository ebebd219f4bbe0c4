import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../logging.ts'
import type { Endpoint } from './endpoint.ts'

/** No block is made so long before its time; endpoints further ahead are taken for liars. */
const BEHIND_MS_MAX: DurationMs = 20_000
/** The newest block may be so old without the machine being ahead of its chain. */
const AHEAD_MS_MAX: DurationMs = 60_000

export interface ChainClockDependencies {
  readonly endpoints: readonly Pick<Endpoint, 'client'>[]
  /** This machine's. */
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
}

/**
 * The time by which a chain judges, beside that of a machine whose clock may be wrong. The newest
 * block says when it is at least; a chain that makes blocks only when it is asked to has an old
 * one, so a machine that is ahead of its chain is not wrong for that.
 */
export class ChainClock implements Pick<Clock, 'nowMs'> {
  readonly #use: ChainClockDependencies
  #aheadMs: DurationMs = 0

  constructor(dependencies: ChainClockDependencies) {
    this.#use = dependencies
  }

  /** This machine's time, or that of the chain when this machine is behind it. */
  nowMs(): UnixMs {
    return this.#use.clock.nowMs() + Math.max(0, this.#aheadMs)
  }

  /** Every time that it may be, ascending: one, or two when machine and chain differ. */
  moments(): readonly UnixMs[] {
    const nowMs = this.#use.clock.nowMs()
    const moments = this.#aheadMs === 0 ? [nowMs] : [nowMs, nowMs + this.#aheadMs]
    return moments.toSorted((a, b) => a - b)
  }

  /** Compares both now; what stood before stays when no endpoint answers. Never rejects. */
  async look(): Promise<void> {
    const { endpoints, clock, log } = this.#use
    const heads = await Promise.allSettled(
      endpoints.map(({ client }) => client.getBlock({ blockTag: 'latest' })),
    )
    const nowMs = clock.nowMs()
    const ahead = heads.flatMap((head) =>
      head.status === 'fulfilled' ? [Number(head.value.timestamp) * 1_000 - nowMs] : [],
    )
    const aheadMs = middleOf(ahead)
    if (aheadMs === null) return
    const isApart = aheadMs > BEHIND_MS_MAX || aheadMs < -AHEAD_MS_MAX
    const wasApart = this.#aheadMs !== 0
    this.#aheadMs = isApart ? aheadMs : 0
    if (!isApart || wasApart) return
    log.warn('chain.clock.differs', { code: 'CHAIN_CLOCK_DIFFERS', chainAheadMs: aheadMs })
  }
}

/** Of an even number the one nearer to zero: one of two endpoints alone moves no clock. */
function middleOf(values: readonly number[]): number | null {
  const rising = values.toSorted((a, b) => a - b)
  const [low, high] = [Math.floor((rising.length - 1) / 2), Math.floor(rising.length / 2)]
  const [below, above] = [rising[low], rising[high]]
  if (below === undefined || above === undefined) return null
  return Math.abs(below) <= Math.abs(above) ? below : above
}
