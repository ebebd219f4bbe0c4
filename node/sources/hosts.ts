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

interface Rest {
  readonly code: string
  readonly untilMs: UnixMs
}

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

/** Whether a code tells of the host, so that another one may do better. */
export function isHostFault(code: string): boolean {
  return HOST_FAULTS.has(code)
}

/**
 * The hosts of one venue in the order in which they are preferred. The first one that does not rest
 * is asked; when all of them rest, the one whose rest ends first. So a venue with one host is asked
 * there, whatever happened, and whoever was preferred is tried again when its rest is over.
 */
export class VenueHosts {
  readonly #baseUrls: readonly [string, ...string[]]
  readonly #rests = new Map<string, Rest>()

  /** @param baseUrls at least one; each once */
  constructor(baseUrls: readonly [string, ...string[]]) {
    this.#baseUrls = baseUrls
  }

  get count(): number {
    return this.#baseUrls.length
  }

  /** Base URL to ask now. */
  current(nowMs: UnixMs): string {
    const free = this.#baseUrls.find((url) => !this.#isResting(url, nowMs))
    if (free !== undefined) return free
    const untilMs = (url: string) => this.#rests.get(url)?.untilMs ?? 0
    return this.#baseUrls.reduce((best, url) => (untilMs(url) < untilMs(best) ? url : best))
  }

  /**
   * A host failed with everything that it was asked, and with a code that tells of the host.
   *
   * @returns whether another host can be asked at once
   */
  noteFault(baseUrl: string, { code, nowMs }: { readonly code: string; readonly nowMs: UnixMs }) {
    this.#rests.set(baseUrl, { code, untilMs: nowMs + (HOST_FAULTS.get(code) ?? REST_MS) })
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
