import { isIP } from 'node:net'

/** Groups of 16 bits in the prefix that one customer is given at least (RFC 6177, RFC 7421). */
const PREFIX_GROUPS = 4

/**
 * What counts as one stranger where limits are per address: an IPv4 address, also where it is
 * written as IPv6 (`::ffff:192.0.2.1`), and of IPv6 the network of 64 bits, `2001:db8:0:1::/64`, in
 * which whoever has one address has 2^64. A name, or what is no address, is returned as it is.
 */
export function clientNetwork(address: string): string {
  const [bare = ''] = address.split('%')
  if (isIP(bare) !== 6) return bare
  const groups = groupsOf(bare)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped) return ipv4Of(groups[6] ?? 0, groups[7] ?? 0)
  const prefix = groups.slice(0, PREFIX_GROUPS).map((group) => group.toString(16))
  return `${prefix.join(':')}::/64`
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail] = address.split('::')
  const before = partOf(head)
  if (tail === undefined) return before
  const after = partOf(tail)
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function partOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

function ipv4Of(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}
