import { format, inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../../node/keys/secret.ts'

describe('a secret', () => {
  const secret = Secret.ofText('correct horse')

  it.each([
    ['text', () => `${secret}`],
    ['String', () => String(secret)],
    ['JSON', () => JSON.stringify({ secret })],
    ['inspect', () => inspect({ secret }, { showHidden: true, depth: 9 })],
    ['format', () => format('%s %o %j', secret, secret, secret)],
    ['keys', () => JSON.stringify([Object.entries(secret), Object.getOwnPropertyNames(secret)])],
    ['an error', () => new Error(`with ${secret}`).message],
  ])('is not shown by %s', (_, show) => {
    const shown = show()
    expect(shown).not.toContain('correct')
    expect(shown).not.toContain(Buffer.from('correct').toString('hex'))
    expect(shown).not.toContain('99')
  })

  it('lends its bytes, and keeps its own copy', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    const copied = Secret.of(bytes)
    bytes.fill(0)
    expect(copied.use((lent) => [...lent])).toEqual([1, 2, 3])
    expect(copied.length).toBe(3)
  })

  it('cannot be used once erased', () => {
    const erased = Secret.of(Uint8Array.of(1, 2, 3))
    const lent = erased.use((bytes) => bytes)
    erased.erase()
    expect([...lent]).toEqual([0, 0, 0])
    expect(() => erased.use((bytes) => bytes)).toThrow(
      expect.objectContaining({ code: 'SECRET_ERASED' }),
    )
  })
})
