import { describe, expect, it } from 'vitest'
import { quietDecoder } from '../../../../node/gossip/quiet-decoder.ts'

/** Bytes as the connection holds them. */
function received(...bytes: readonly number[]) {
  return { byteLength: bytes.length, get: (index: number) => bytes[index] ?? 0 }
}

function decoderOf() {
  const lengthDecoder = (_data: ReturnType<typeof received>): number => -1
  const connection = { decoder: { lengthDecoder } }
  quietDecoder(connection)
  return connection.decoder.lengthDecoder
}

function errorOf(run: () => unknown): unknown {
  try {
    run()
    return null
  } catch (error) {
    return error
  }
}

describe('lengths of Noise messages (ADR 0090)', () => {
  it('are two bytes, the higher one first', () => {
    expect(decoderOf()(received(0x01, 0xfa, 9, 9))).toBe(506)
    expect(decoderOf()(received(0xff, 0xff))).toBe(65_535)
    expect(decoderOf()(received(0, 0))).toBe(0)
  })

  it('that are not whole yet are told by one and the same RangeError', () => {
    const decode = decoderOf()
    const first = errorOf(() => decode(received()))
    expect(first).toBeInstanceOf(RangeError)
    expect(errorOf(() => decode(received(1)))).toBe(first)
  })

  it('of a connection that is not known are left alone', () => {
    const connection = { decoder: null }
    expect(() => quietDecoder(connection)).not.toThrow()
  })
})
