import { BlockList, isIP } from 'node:net'

/**
 * Where a venue may be: `public` is https on public addresses only; `local` is http or https on
 * loopback and private addresses only, for the local network and for tests.
 */
export type Access = 'public' | 'local'

/** Loopback and private use (RFC 1918, RFC 4193): what `local` may reach. */
const LOCAL_RANGES = [
  ['127.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['::1', 128, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
] as const

/** Everything else that is not the public internet (IANA special-purpose registries). */
const SPECIAL_RANGES = [
  ['0.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 96, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
  ['5f00::', 16, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
] as const

const LOCAL = listOf(LOCAL_RANGES)
const SPECIAL = listOf([...LOCAL_RANGES, ...SPECIAL_RANGES])

/** Whether a venue with this access may be at this IP address; false for anything that is none. */
export function isAddressAllowed(address: string, access: Access): boolean {
  const family = isIP(address)
  if (family === 0) return false
  // BlockList takes an IPv4 address written as IPv6 (::ffff:10.0.0.1) for the IPv4 address it is.
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  return access === 'local' ? LOCAL.check(address, kind) : !SPECIAL.check(address, kind)
}

/**
 * What is wrong with a base URL before any name is looked up; null when nothing is. Names are
 * checked by the addresses they lead to, at each connection.
 */
export function baseUrlProblem(baseUrl: string, access: Access): string | null {
  return urlProblem(baseUrl, { access, scheme: 'http', example: 'https://api.kraken.com' })
}

/** The same for the address of a stream. */
export function streamUrlProblem(streamUrl: string, access: Access): string | null {
  return urlProblem(streamUrl, { access, scheme: 'ws', example: 'wss://ws.kraken.com/v2' })
}

function urlProblem(
  text: string,
  rules: { readonly access: Access; readonly scheme: string; readonly example: string },
): string | null {
  const { access, scheme, example } = rules
  if (!URL.canParse(text)) return `must be an address such as ${example}`
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return 'must not contain credentials'
  if (url.search !== '' || url.hash !== '') return 'must end with its path'
  const schemes = access === 'local' ? [`${scheme}s:`, `${scheme}:`] : [`${scheme}s:`]
  if (!schemes.includes(url.protocol)) {
    return `must begin with ${schemes.map((each) => `${each}//`).join(' or ')}`
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && !isAddressAllowed(host, access)) {
    return access === 'local'
      ? 'must be on this machine or in a private network, because access is local'
      : 'must be on the public internet; set access: local for a venue in your own network'
  }
  return null
}

function listOf(
  ranges: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[],
): Pick<BlockList, 'check'> {
  const list = new BlockList()
  for (const [network, prefix, kind] of ranges) list.addSubnet(network, prefix, kind)
  return list
}

/** Whether a host is this domain or below it. */
export function isHostOf(hostname: string, domain: string): boolean {
  return hostname === domain || hostname.endsWith(`.${domain}`)
}
