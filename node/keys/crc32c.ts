/** Castagnoli's polynomial, reflected (RFC 3720 §12.1). */
const POLYNOMIAL = 0x82f63b78

function tableOf(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? polynomial : 0)
    return value
  })
}

const TABLE = tableOf(POLYNOMIAL)

/** CRC-32C of some bytes; finds every burst of up to 32 wrong bits. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number)
  return (crc ^ 0xffffffff) >>> 0
}
