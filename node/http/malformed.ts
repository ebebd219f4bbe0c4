import type { Socket } from 'node:net'

const STATUSES: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
}

/**
 * Answers what is no HTTP as every refusal is answered, and ends the connection: nobody knows where
 * the next request would begin.
 *
 * @returns the status; null where nobody is left to answer
 */
export function refuseMalformed(error: unknown, socket: Socket): number | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ECONNRESET' || socket.destroyed) return null
  const [status, reason] = STATUSES[code] ?? [400, 'Bad Request']
  const body = JSON.stringify({ code: 'API_REQUEST_INVALID' })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${body.length}`,
    'connection: close',
  ]
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  socket.destroySoon()
  return status
}
