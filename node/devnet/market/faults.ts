import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** Ways in which a venue of the market server can misbehave, each as real venues and proxies do. */
export const FAULTS = [
  'forbidden',
  'region-blocked',
  'rate-limited',
  'unavailable',
  'html',
  'huge',
  'endless',
  'overflow',
  'repeated-name',
  'nothing',
  'slow',
  'redirect',
  'gzip-bomb',
  'truncated',
  'reset',
  'not-json',
  'wrong-shape',
] as const
export type Fault = (typeof FAULTS)[number]

export interface FaultScene {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The good answer that a fault spoils. */
  readonly body: string
}

const JSON_TYPE = { 'content-type': 'application/json' }
const HTML = '<!doctype html><title>Attention Required!</title><p>Please complete the captcha.</p>'
const HUGE_BYTES = 10_000_000
const CHUNK = Buffer.alloc(65_536, ' ')

/** Answers in the way the fault says; `nothing` and `slow` keep the request open. */
export const SPOILERS: Readonly<Record<Fault, (scene: FaultScene) => void>> = {
  forbidden: ({ response }) => answer(response, { status: 403, type: 'text/html', body: HTML }),
  'region-blocked': ({ response }) =>
    answer(response, {
      status: 451,
      body: '{"code":0,"msg":"Service unavailable from a restricted location"}',
    }),
  'rate-limited'({ response }) {
    response.setHeader('retry-after', '2')
    answer(response, { status: 429, body: '{"code":-1003,"msg":"Too many requests"}' })
  },
  unavailable: ({ response }) =>
    answer(response, { status: 503, type: 'text/html', body: '<h1>503</h1>' }),
  html: ({ response }) => answer(response, { status: 200, type: 'text/html', body: HTML }),
  huge({ response }) {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': String(HUGE_BYTES) })
    pour(response, HUGE_BYTES)
  },
  endless({ response }) {
    response.writeHead(200, JSON_TYPE)
    pour(response, Number.POSITIVE_INFINITY)
  },
  overflow: ({ response, body }) =>
    answer(response, { status: 200, body: body.replaceAll(/"\d+\.\d+"/g, '"1e400"') }),
  'repeated-name': ({ response, body }) =>
    answer(response, { status: 200, body: body.replace('{', '{"bid":"1","bid":"2",') }),
  nothing: () => undefined,
  slow({ request, response, body }) {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': String(Buffer.byteLength(body)) })
    drip(request, response, body)
  },
  redirect({ response }) {
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' })
    response.end()
  },
  'gzip-bomb'({ response }) {
    // Small enough to be made on the spot, eight times larger unpacked than a body may be.
    const bomb = gzipSync(Buffer.alloc(8 * 262_144, ' '))
    response.writeHead(200, {
      ...JSON_TYPE,
      'content-encoding': 'gzip',
      'content-length': String(bomb.length),
    })
    response.end(bomb)
  },
  truncated({ response, body }) {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': String(Buffer.byteLength(body)) })
    response.write(body.slice(0, Math.floor(body.length / 2)), () => response.destroy())
  },
  reset: ({ request }) => void request.socket.resetAndDestroy(),
  'not-json': ({ response }) => answer(response, { status: 200, body: '{"price": NaN}' }),
  'wrong-shape': ({ response }) => answer(response, { status: 200, body: '[[["surprise"]]]' }),
}

interface Page {
  readonly status: number
  readonly type?: string
  readonly body: string
}

function answer(response: ServerResponse, page: Page): void {
  const { status, type = 'application/json', body } = page
  response.writeHead(status, {
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
  })
  response.end(body)
}

/** Writes so many bytes as fast as the other side takes them, until it goes away. */
function pour(response: ServerResponse, bytes: number): void {
  let left = bytes
  const more = () => {
    while (left > 0 && !response.destroyed) {
      const chunk = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK
      left -= chunk.length
      if (!response.write(chunk)) return
    }
    if (!response.destroyed) response.end()
  }
  response.on('drain', more)
  more()
}

/** One byte every 50 ms: always alive, never done. */
function drip(request: IncomingMessage, response: ServerResponse, body: string): void {
  let at = 0
  const timer = setInterval(() => {
    response.write(body[at] ?? ' ')
    at += 1
  }, 50)
  const stop = () => clearInterval(timer)
  request.socket.once('close', stop)
  response.once('close', stop)
}
