import { OracleError } from '../errors.ts'
import { isHostOf, streamUrlProblem } from './addresses.ts'
import { createAgent, guardedLookup } from './agent.ts'
import type { AskedSpotVenue } from './asked.ts'
import { fetchJsonText } from './fetcher.ts'
import type { VenueHosts } from './hosts.ts'
import { readJson } from './json.ts'
import type { AskingDependencies } from './open-venue.ts'
import { readingOf } from './reading.ts'
import type { OpenStream } from './stream-connection.ts'
import type { StreamListener, StreamSocket } from './stream-socket.ts'
import { openStreamSocket } from './stream-socket.ts'
import type { StreamTicket } from './venue.ts'
import type { StreamedVenueConfig } from './venue-config.ts'
import { streamUrlOf } from './venue-config.ts'

interface Needed extends Pick<AskingDependencies, 'clock' | 'lookup'> {
  /** Where to ask for a ticket. */
  readonly hosts: Pick<VenueHosts, 'current'>
}

/** A ticket is a few hundred bytes. */
const TICKET_BYTES_MAX = 16_384

/** How connections to the stream of a venue are made; null where the venue is only polled. */
export function streamOpener(
  { venue, streamed }: AskedSpotVenue['found'],
  dependencies: Needed,
): OpenStream | null {
  const address = streamUrlOf(venue, streamed)
  if (streamed === null || address === null || venue.stream === null) return null
  const { ticket, packing = null } = venue.stream
  const { timeoutMs, frameBytesMax, access, pins } = streamed
  const lookup = guardedLookup(access, dependencies.lookup)
  const nowMs = () => dependencies.clock.nowMs()
  const bounds = { timeoutMs, frameBytesMax, packing, pins, limitStatus: venue.limitStatus }
  const openAt = (url: URL, listener: StreamListener) =>
    openStreamSocket({ url, ...bounds, lookup, nowMs }, listener)
  // Who sets an address knows where the stream is.
  if (ticket === undefined || streamed.streamUrl !== undefined) {
    return (listener) => openAt(new URL(address), listener)
  }
  const ask = (signal: AbortSignal) =>
    askForTicket({ name: venue.name, ticket, config: streamed }, { ...dependencies, signal })
  return (listener) => openTicketed(ask, openAt, listener)
}

/** A connection whose address has to be asked for first; to its user it opens a little later. */
export function openTicketed(
  ask: (signal: AbortSignal) => Promise<URL>,
  openAt: (url: URL, listener: StreamListener) => StreamSocket,
  listener: StreamListener,
): StreamSocket {
  const controller = new AbortController()
  const { signal } = controller
  let socket: StreamSocket | null = null
  ask(signal).then(
    (url) => {
      if (!signal.aborted) socket = openAt(url, listener)
    },
    (error: unknown) => {
      if (!(error instanceof OracleError)) throw error
      if (!signal.aborted) listener.onEnd(error)
    },
  )
  return {
    send: (text) => socket?.send(text),
    end: () => {
      controller.abort()
      socket?.end()
    },
  }
}

interface TicketedVenue {
  readonly name: string
  readonly ticket: StreamTicket
  readonly config: StreamedVenueConfig
}

/** @throws {OracleError} one of the SOURCE_ codes of docs/errors.md */
async function askForTicket(
  { name, ticket, config }: TicketedVenue,
  { clock, lookup, hosts, signal }: Needed & { readonly signal: AbortSignal },
): Promise<URL> {
  const { access, timeoutMs } = config
  const url = new URL(hosts.current(clock.nowMs()).replace(/\/$/, '') + ticket.path)
  const bodyBytesMax = TICKET_BYTES_MAX
  const dispatcher = createAgent({ ...config, bodyBytesMax }, lookup)
  try {
    const asked = { url, method: 'POST', timeoutMs, bodyBytesMax, signal } as const
    const { text } = await fetchJsonText(asked, { dispatcher, clock })
    const address = readingOf(`the ticket of ${name}`, () => ticket.parse(readJson(text)))
    if (!isStreamOf(address, { domain: ticket.domain, access })) throw elsewhere(name, ticket)
    const stream = new URL(address)
    if (isUnpinned(stream, { domain: ticket.domain, config })) throw unpinned(name, stream)
    return stream
  } finally {
    await dispatcher.destroy()
  }
}

/** Whether an address that a venue gave is one of a stream, at a host of that venue. */
export function isStreamOf(
  address: string,
  { domain, access }: { readonly domain: string } & Pick<StreamedVenueConfig, 'access'>,
): boolean {
  if (!URL.canParse(address)) return false
  const url = new URL(address)
  const { hostname } = url
  // What lets us in stands in its query.
  url.search = ''
  if (streamUrlProblem(url.href, access) !== null) return false
  return access === 'local' || isHostOf(hostname, domain)
}

/** Whether pins hold the stream of a venue to its keys, and a ticket leads round them. */
function isUnpinned(
  { hostname, protocol }: URL,
  { domain, config }: { readonly domain: string; readonly config: StreamedVenueConfig },
): boolean {
  const { pins, baseUrls } = config
  const polled = baseUrls.map((url) => new URL(url).hostname)
  const isPinned = Object.keys(pins).some(
    (host) => isHostOf(host, domain) && !polled.includes(host),
  )
  return isPinned && !(protocol === 'wss:' && Object.hasOwn(pins, hostname))
}

function unpinned(venue: string, { host, hostname }: URL): OracleError {
  const message =
    `${venue} says that its stream is at ${host}, which has no pins beside those of its other ` +
    `hosts, so it is not connected to; compare and add pins for ${hostname}, or set streamUrl`
  return new OracleError('SOURCE_PIN_MISMATCH', message, { context: { venue, host } })
}

function elsewhere(venue: string, { domain }: StreamTicket): OracleError {
  const message =
    `${venue} says that its stream is at no host of ${domain}, so it is not connected to; ` +
    'it is polled meanwhile'
  return new OracleError('SOURCE_ADDRESS_FORBIDDEN', message, { context: { venue, domain } })
}
