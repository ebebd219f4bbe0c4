import type { DurationMs, UnixMs } from '../../aggregator/values/time.ts'

/** Where a venue is asked at this moment, and the hosts before it that are left alone, with why. */
export interface HostsStatus {
  readonly host: string
  readonly passedOver: readonly HostFault[]
}

/** A host of a venue, and why it failed with everything that it was asked. */
export interface HostFault {
  /** Name, with its port where it is not that of the scheme. */
  readonly host: string
  /** One of docs/errors.md. */
  readonly code: string
}

/** A host that is left alone, and why. */
export interface HostRest {
  readonly code: string
  readonly untilMs: UnixMs
  /** Whether the host said until when. */
  readonly isAsked: boolean
}

/** By base URL. */
export type HostRests = ReadonlyMap<string, HostRest>

/** A host that is down comes back within minutes. */
const REST_MS: DurationMs = 60_000
/** What a host says to a region, or shows for a key, it says for longer. */
const LONG_REST_MS: DurationMs = 600_000

/**
 * Codes that tell of a host and not of the venue, with how long the host is then left alone while
 * there is another. What an answer says, and a limit of requests, would be the same elsewhere.
 */
const HOST_FAULTS: ReadonlyMap<string, DurationMs> = new Map([
  ['SOURCE_REGION_BLOCKED', LONG_REST_MS],
  ['SOURCE_TLS_INVALID', LONG_REST_MS],
  ['SOURCE_PIN_MISMATCH', LONG_REST_MS],
  ['SOURCE_ADDRESS_FORBIDDEN', LONG_REST_MS],
  ['SOURCE_REDIRECTED', LONG_REST_MS],
  ['SOURCE_TIMEOUT', REST_MS],
  ['SOURCE_UNREACHABLE', REST_MS],
  ['SOURCE_STATUS_UNEXPECTED', REST_MS],
  ['SOURCE_TYPE_UNEXPECTED', REST_MS],
  ['SOURCE_BODY_ENCODED', REST_MS],
  ['SOURCE_BODY_TRUNCATED', REST_MS],
])

/** What another configuration may have mended: it is tried at once. */
const OF_CONFIGURATION: ReadonlySet<string> = new Set([
  'SOURCE_PIN_MISMATCH',
  'SOURCE_ADDRESS_FORBIDDEN',
  'SOURCE_TIMEOUT',
])

/** Whether a code tells of the host, so that another one may do better. */
export function isHostFault(code: string): boolean {
  return HOST_FAULTS.has(code)
}

/**
 * The hosts of one venue in the order in which they are preferred. The first one that does not rest
 * is asked; when all of them rest, the one whose rest ends first, and none that said itself until
 * when before one that did not. So a venue with one host is asked there, whatever happened, and
 * whoever was preferred is tried again when its rest is over.
 */
export class VenueHosts {
  readonly #baseUrls: readonly [string, ...string[]]
  readonly #rests = new Map<string, HostRest>()

  /**
   * @param baseUrls at least one; each once
   * @param rests of when the venue was asked with another configuration; of other hosts, too
   */
  constructor(baseUrls: readonly [string, ...string[]], rests: HostRests = new Map()) {
    this.#baseUrls = baseUrls
    for (const [url, rest] of rests) {
      if (baseUrls.includes(url) && !OF_CONFIGURATION.has(rest.code)) this.#rests.set(url, rest)
    }
  }

  get count(): number {
    return this.#baseUrls.length
  }

  /** Base URL to ask now. */
  current(nowMs: UnixMs): string {
    const free = this.#baseUrls.find((url) => !this.#isResting(url, nowMs))
    if (free !== undefined) return free
    const unasked = this.#baseUrls.filter((url) => this.#rests.get(url)?.isAsked !== true)
    const untilMs = (url: string) => this.#rests.get(url)?.untilMs ?? 0
    const among = unasked.length > 0 ? unasked : this.#baseUrls
    return among.reduce((best, url) => (untilMs(url) < untilMs(best) ? url : best))
  }

  /** For whoever asks the venue next. */
  get rests(): HostRests {
    return new Map(this.#rests)
  }

  /** Moment before which every host said that it is away; 0 when one may be asked. */
  askedUntilMs(nowMs: UnixMs): UnixMs {
    const rests = this.#baseUrls.map((url) => this.#rests.get(url))
    const until = rests.map((rest) => (rest?.isAsked === true ? rest.untilMs : 0))
    return Math.min(...until) > nowMs ? Math.min(...until) : 0
  }

  /**
   * A host failed with everything that it was asked, and with a code that tells of the host;
   * `askedMs` is for how long it said that it is away, 0 when it did not say.
   *
   * @returns whether another host can be asked at once
   */
  noteFault(
    baseUrl: string,
    fault: { readonly code: string; readonly nowMs: UnixMs; readonly askedMs?: DurationMs },
  ): boolean {
    const { code, nowMs, askedMs = 0 } = fault
    const isAsked = askedMs > 0
    const restMs = isAsked ? askedMs : (HOST_FAULTS.get(code) ?? REST_MS)
    this.#rests.set(baseUrl, { code, untilMs: nowMs + restMs, isAsked })
    return this.#baseUrls.some((url) => !this.#isResting(url, nowMs))
  }

  noteWell(baseUrl: string): void {
    this.#rests.delete(baseUrl)
  }

  status(nowMs: UnixMs): HostsStatus {
    const baseUrl = this.current(nowMs)
    const passedOver = this.#baseUrls.slice(0, this.#baseUrls.indexOf(baseUrl)).map((url) => ({
      host: new URL(url).host,
      code: this.#rests.get(url)?.code ?? 'UNKNOWN',
    }))
    return { host: new URL(baseUrl).host, passedOver }
  }

  #isResting(baseUrl: string, nowMs: UnixMs): boolean {
    const rest = this.#rests.get(baseUrl)
    return rest !== undefined && nowMs < rest.untilMs
  }
}
