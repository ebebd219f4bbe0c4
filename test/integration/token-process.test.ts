import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Secret } from '../../node/keys/secret.ts'
import { TokenKey } from '../../node/pkcs11/token-key.ts'
import { FaultyModule } from '../support/faulty-module.ts'

const DIGEST = new Uint8Array(32).fill(9)
const SIGNATURE = new Uint8Array(64).fill(1)

const built = FaultyModule.build()
if (built === null) process.stderr.write('skipped: needs Linux and a C compiler named cc\n')
const faulty = built as FaultyModule

let pin: string
let key: TokenKey
let stopping: AbortController

beforeEach(() => {
  if (built === null) return
  pin = '1234'
  stopping = new AbortController()
  const name = { module: faulty.path, token: 'faulty', keyLabel: 'any' }
  key = new TokenKey(name, { readPin: () => Promise.resolve(Secret.ofText(pin)) })
  faulty.does('')
  faulty.forget()
})

afterEach(() => key?.stop())
afterAll(() => built?.remove())

/** Long enough for a machine that is busy with something else. */
const PATIENT_MS = 25_000

const sign = (timeoutMs = PATIENT_MS) => key.sign(DIGEST, { timeoutMs, signal: stopping.signal })

const count = (what: string) => faulty.done().filter((each) => each === what).length

/** Whether a process is gone; one that is only being ended is waited for. */
const isGone = (pid: number) =>
  vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: PATIENT_MS })

describe.skipIf(built === null)('a token whose module fails', () => {
  test('signs with one login, whoever asks and how often', async () => {
    expect(await Promise.all([sign(), sign(), sign()])).toEqual([SIGNATURE, SIGNATURE, SIGNATURE])
    expect(await sign()).toEqual(SIGNATURE)
    expect(count('login')).toBe(1)
  })

  describe('a wrong PIN', () => {
    test('is tried once, however often a signature is asked for', async () => {
      pin = '9999'
      for (let asked = 0; asked < 3; asked++) {
        await expect(sign()).rejects.toMatchObject({ code: 'PKCS11_PIN_WRONG' })
      }
      expect(count('login')).toBe(1)
    })

    test('is tried once by all who ask at the same time', async () => {
      pin = '9999'
      const asked = await Promise.allSettled([sign(), sign(), sign(), sign()])
      const reason = expect.objectContaining({ code: 'PKCS11_PIN_WRONG' })
      expect(asked).toEqual(asked.map(() => ({ status: 'rejected', reason })))
      expect(count('login')).toBe(1)
    })

    test('that was corrected is taken without a restart', async () => {
      pin = '9999'
      await expect(sign()).rejects.toMatchObject({ code: 'PKCS11_PIN_WRONG' })
      pin = '1234'
      expect(await sign()).toEqual(SIGNATURE)
      expect(count('login')).toBe(2)
    })

    test('is in no message', async () => {
      pin = '98765'
      const error = await sign().catch((caught: Error) => caught)
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(pin)
    })
  })

  test('the last try of a token is left to its owner', async () => {
    faulty.does('final try')
    await expect(sign()).rejects.toMatchObject({ code: 'PKCS11_PIN_LOCKED' })
    expect(count('login')).toBe(0)
  })

  test('a session that expired is made anew, and nobody notices', async () => {
    await sign()
    faulty.does('expired')
    expect(await sign()).toEqual(SIGNATURE)
    expect(count('login')).toBe(2)
  })

  test('a token that is taken out is missed, and used again when it is back', async () => {
    await sign()
    faulty.does('removed')
    await expect(sign()).rejects.toMatchObject({ code: 'PKCS11_REFUSED' })
    faulty.does('no token')
    await expect(sign()).rejects.toMatchObject({ code: 'PKCS11_TOKEN_MISSING' })
    faulty.does('')
    expect(await sign()).toEqual(SIGNATURE)
  })

  test('a module that crashes ends its own process, and the next signature starts it', async () => {
    faulty.does('crash')
    await expect(sign()).rejects.toMatchObject({
      code: 'PKCS11_PROCESS_ENDED',
      context: { how: 'SIGSEGV' },
    })
    faulty.does('')
    expect(await sign()).toEqual(SIGNATURE)
  })

  test('a process that is killed between two signatures costs none', async () => {
    await sign()
    process.kill(faulty.lastProcess(), 'SIGKILL')
    expect(await sign()).toEqual(SIGNATURE)
    expect(count('login')).toBe(2)
  })

  test('one killed while it signs refuses what waits, or signs it in a new process', async () => {
    await sign()
    faulty.does('hang')
    const waiting = sign()
    await vi.waitFor(() => expect(count('hangs')).toBe(1), { timeout: PATIENT_MS })
    faulty.does('')
    process.kill(faulty.lastProcess(), 'SIGKILL')
    expect(await waiting).toEqual(SIGNATURE)
  })

  test('a module that hangs is given up after the time, and its process ended', async () => {
    await sign()
    faulty.does('hang')
    await expect(sign(1_000)).rejects.toMatchObject({ code: 'PKCS11_TIMEOUT' })
    await isGone(faulty.lastProcess())
    faulty.does('')
    expect(await sign()).toEqual(SIGNATURE)
  })

  test('a login that takes longer than a signature may goes on for the next one', async () => {
    faulty.does('hang at login')
    const first = sign(500)
    await expect(first).rejects.toMatchObject({ code: 'PKCS11_TIMEOUT' })
    await expect(sign(500)).rejects.toMatchObject({ code: 'PKCS11_TIMEOUT' })
    await vi.waitFor(() => expect(count('hangs')).toBe(1), { timeout: PATIENT_MS })
    expect(count('login')).toBe(1)
  })

  test('what is no signature of 64 bytes is refused', async () => {
    faulty.does('short')
    await expect(sign()).rejects.toMatchObject({ code: 'PKCS11_KEY_UNSUITABLE' })
  })
})

describe.skipIf(built === null)('who stops', () => {
  test('waits for no signature', async () => {
    faulty.does('hang')
    const waiting = sign()
    const refused = expect(waiting).rejects.toMatchObject({ code: 'PKCS11_PROCESS_ENDED' })
    await vi.waitFor(() => expect(count('hangs')).toBe(1), { timeout: PATIENT_MS })
    stopping.abort()
    await refused
  })

  test('lets the module close its session', async () => {
    await sign()
    await key.stop()
    expect(faulty.done().at(-1)).toBe('ended')
    await isGone(faulty.lastProcess())
  })

  test('does not wait for a login that hangs', async () => {
    faulty.does('hang at login')
    const waiting = sign()
    const refused = expect(waiting).rejects.toMatchObject({ code: 'PKCS11_PROCESS_ENDED' })
    await vi.waitFor(() => expect(count('hangs')).toBe(1), { timeout: PATIENT_MS })
    await key.stop()
    await refused
    await isGone(faulty.lastProcess())
  })

  test('has nothing signed any more', async () => {
    await key.stop()
    await expect(sign()).rejects.toMatchObject({ code: 'PKCS11_PROCESS_ENDED' })
    expect(faulty.done()).toEqual([])
  })
})
