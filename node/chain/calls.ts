import type { Hex } from 'viem'
import type { Receipt } from './chain.ts'
import type { TransmitFailure } from './transmission.ts'

/** What a transaction is for that is no delivery. */
export type CallPurpose = 'settlement' | 'handover'

/** A transaction that is no delivery. */
export interface Call {
  readonly to: Hex
  readonly data: Hex
  readonly purpose: CallPurpose
}

/** How a call ended; whether it is deep enough shows in the state of its contract. */
export type CallEnd =
  | { readonly outcome: 'mined'; readonly hash: Hex; readonly gasUsed: bigint }
  | { readonly outcome: 'failed'; readonly code: TransmitFailure; readonly detail: string }

/** A call that was asked for and has not ended. */
export interface OpenCall {
  readonly call: Call
  readonly askedMs: number
  readonly end: (end: CallEnd) => void
}

/** Calls waiting at once; one more is refused. */
const CALLS_MAX = 32

/** Open calls, in the order they came: the first one is sent until it is in a block. */
export class OpenCalls {
  #calls: readonly OpenCall[] = []

  get first(): OpenCall | undefined {
    return this.#calls[0]
  }

  add(open: OpenCall): void {
    if (this.#calls.length < CALLS_MAX) this.#calls = [...this.#calls, open]
    else open.end(failedCall('TRANSMIT_STUCK', `${CALLS_MAX} calls wait already`))
  }

  /** Ends the call that a mined transaction carried; false when it carried none. */
  mined(
    { hash, to, data }: Pick<Call, 'to' | 'data'> & { readonly hash: Hex },
    { status, gasUsed }: Receipt,
  ): boolean {
    const found = this.#calls.find(({ call }) => call.to === to && call.data === data)
    if (found === undefined) return false
    if (status === 'success') this.end(found, { outcome: 'mined', hash, gasUsed })
    else this.fail(found, 'TRANSMIT_REVERTED', 'in a block')
    return true
  }

  end(ended: OpenCall, end: CallEnd): void {
    this.#calls = this.#calls.filter((open) => open !== ended)
    ended.end(end)
  }

  fail(open: OpenCall, code: TransmitFailure, detail: string): void {
    this.end(open, failedCall(code, detail))
  }

  /** Gives up on those for which the condition holds. */
  giveUp(condition: (open: OpenCall) => boolean, detail: string): void {
    for (const open of this.#calls) if (condition(open)) this.fail(open, 'TRANSMIT_STUCK', detail)
  }

  /** Gives up on all of them. */
  clear(): void {
    for (const open of this.#calls) this.fail(open, 'TRANSMIT_STOPPED', 'stopping')
  }
}

export function failedCall(code: TransmitFailure, detail: string): CallEnd {
  return { outcome: 'failed', code, detail }
}
