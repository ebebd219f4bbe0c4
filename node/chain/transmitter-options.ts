import { setTimeout as pauseFor } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Log } from '../logging.ts'
import type { Chain } from './chain.ts'
import type { TransactionSender } from './sender.ts'
import type { TransmitterEvent } from './transmission.ts'

export interface TransmitterOptions {
  readonly target: string
  /** Blocks, the including one counted, after which a delivery counts as landed. */
  readonly confirmations: number
  readonly pollEveryMs: number
  /** A transaction that is in no block by then is replaced. */
  readonly bumpAfterMs: number
  /** Raises of the fee of one nonce; after them it is only sent again as it is. */
  readonly bumpsMax: number
}

export interface TransmitterDependencies {
  readonly chain: Chain
  readonly sender: TransactionSender
  readonly clock: Pick<Clock, 'nowMs'>
  readonly log: Log
  readonly onEvent?: (event: TransmitterEvent) => void
  /** Waits, or rejects when the signal aborts. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/** Told of nothing, and waiting by a timer that keeps no process alive, where nothing is given. */
export function withDefaults(use: TransmitterDependencies): Required<TransmitterDependencies> {
  return {
    onEvent: () => undefined,
    pause: (ms, signal) => pauseFor(ms, undefined, { signal, ref: false }),
    ...use,
  }
}
