import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { UnixMs } from '../../aggregator/values/time.ts'
import { createAgent } from './agent.ts'
import type { Asked } from './asked.ts'
import { CIRCUIT_RULES } from './circuit.ts'
import type { HostsStatus } from './hosts.ts'
import type { AskingDependencies } from './open-venue.ts'
import type { PollOutcome } from './venue-client.ts'
import { VenueClient } from './venue-client.ts'

/** The head of an answer with when it was asked for and when it was there. */
export interface AnswerHead {
  /** Name and port of the host that answered. */
  readonly host: string
  readonly headers: IncomingHttpHeaders
  readonly askedMs: UnixMs
  readonly receivedMs: UnixMs
}

export interface OnePollDependencies
  extends Pick<AskingDependencies, 'clock' | 'lookup' | 'sleep' | 'jitter'> {
  readonly signal: AbortSignal
  /** Told of every answer, whatever its status. */
  readonly onHead: (head: AnswerHead) => void
}

/** What came of each request, and at which host the venue was asked in the end. */
export interface PolledOnce {
  readonly outcomes: readonly PollOutcome[]
  readonly hosts: HostsStatus
}

/** Asks a venue once for everything, as a node does in each poll, and closes its connections. */
export async function pollOnce(
  { venue, config, requests }: Asked,
  dependencies: OnePollDependencies,
): Promise<PolledOnce> {
  const agent = createAgent(config, dependencies.lookup)
  const dispatcher = agent.compose(tellingHeads(dependencies))
  const client = new VenueClient(
    { venue, config, circuit: CIRCUIT_RULES },
    { ...dependencies, dispatcher },
  )
  try {
    const outcomes = await client.poll(requests, dependencies.signal)
    return { outcomes, hosts: client.hosts }
  } finally {
    await agent.destroy()
  }
}

function tellingHeads({
  clock,
  onHead,
}: Pick<OnePollDependencies, 'clock' | 'onHead'>): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const askedMs = clock.nowMs()
    const { host } = new URL(String(options.origin))
    return dispatch(options, {
      onRequestStart: (...given) => handler.onRequestStart?.(...given),
      onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
      onResponseStart: (controller, status, headers, message) => {
        onHead({ host, headers, askedMs, receivedMs: clock.nowMs() })
        handler.onResponseStart?.(controller, status, headers, message)
      },
      onResponseData: (...given) => handler.onResponseData?.(...given),
      onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
      onResponseError: (...given) => handler.onResponseError?.(...given),
    })
  }
}
