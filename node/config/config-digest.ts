import { hash } from 'node:crypto'

/**
 * SHA-256 of a configuration as a process runs with it, defaults and absolute paths included, in
 * lower-case hexadecimal. Order and comments of the file do not matter. Of an address of the web
 * only scheme, host and port count, because the rest may hold the key of a provider: the digest is
 * shown to anybody who may see the status.
 */
export function configDigest(config: object): string {
  return hash('sha256', JSON.stringify(canonical(config)), 'hex')
}

const WEB_ADDRESS = /^(?:https?|wss?):/i

function canonical(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return withoutSecret(value)
  if (Array.isArray(value)) return value.map(canonical)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(
    entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [withoutSecret(name), canonical(each)]),
  )
}

function withoutSecret(text: string): string {
  if (!WEB_ADDRESS.test(text)) return text
  const url = URL.parse(text)
  return url === null ? '' : `${url.protocol}//${url.host}`
}
