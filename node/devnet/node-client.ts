import { request } from 'undici'
import type { ChainView, FeedView, Overview, PeerView, RoundView, StatusView } from '../api/view.ts'
import type { CertificateAnswer } from '../gateway/schema.ts'

/** A node beside much else answers late; one that hangs must not stop whoever watches. */
const TIMEOUT_MS = 5_000
const BODY_BYTES_MAX = 4_194_304

/** Reads a node's own public API, as anyone could; null when it does not answer now. */
export class NodeClient {
  readonly #address: string

  constructor(port: number) {
    this.#address = `http://127.0.0.1:${port}`
  }

  get address(): string {
    return this.#address
  }

  overview(): Promise<Overview | null> {
    return this.#get<Overview>('/v1/overview')
  }

  status(): Promise<StatusView | null> {
    return this.#get<StatusView>('/v1/status')
  }

  feeds(): Promise<readonly FeedView[] | null> {
    return this.#get<readonly FeedView[]>('/v1/feeds')
  }

  rounds(): Promise<readonly RoundView[] | null> {
    return this.#get<readonly RoundView[]>('/v1/rounds')
  }

  peers(): Promise<readonly PeerView[] | null> {
    return this.#get<readonly PeerView[]>('/v1/peers')
  }

  chains(): Promise<readonly ChainView[] | null> {
    return this.#get<readonly ChainView[]>('/v1/chains')
  }

  certificate(round: number): Promise<CertificateAnswer | null> {
    return this.#get<CertificateAnswer>(`/v1/certificates/${round}`)
  }

  /** Whether the node says that it can do its work. */
  async isReady(): Promise<boolean> {
    const answer = await this.#get<{ readonly ready: boolean }>('/readyz')
    return answer?.ready === true
  }

  async #get<T>(path: string): Promise<T | null> {
    try {
      const { statusCode, body } = await request(`${this.#address}${path}`, {
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      })
      const text = await body.text()
      if (statusCode !== 200 || text.length > BODY_BYTES_MAX) return null
      // Our own node on this machine; the shape is the type it was made from.
      return JSON.parse(text) as T
    } catch {
      return null
    }
  }
}
