import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type PassphraseSource, readPassphrase } from '../../../../node/keys/passphrase.ts'

/** A terminal that types by itself and remembers what it showed. */
class FakeTerminal {
  readonly input = Object.assign(new PassThrough(), {
    isTTY: true,
    rawModes: [] as boolean[],
    setRawMode(isRaw: boolean) {
      this.rawModes.push(isRaw)
    },
  })
  readonly output = new PassThrough()
  get shown(): string {
    return String(this.output.read() ?? '')
  }
}

let directory: string
let terminal: FakeTerminal
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-passphrase-'))
  terminal = new FakeTerminal()
})
afterEach(() => rmSync(directory, { recursive: true }))

function file(content: string, mode = 0o600): string {
  const path = join(directory, 'passphrase')
  writeFileSync(path, content, { mode })
  return path
}

async function read(source: PassphraseSource): Promise<string> {
  const secret = await readPassphrase(source, terminal)
  return secret.use((bytes) => Buffer.from(bytes).toString())
}

const withCode = (code: string) => expect.objectContaining({ code })

describe('readPassphrase', () => {
  it.each([
    ['from a file\n', 'from a file'],
    ['with\r\n', 'with'],
    ['  spaces stay \n', '  spaces stay '],
    ['one end only\n\n', 'one end only\n'],
    ['ключ 🔑', 'ключ 🔑'],
  ])('reads %j from a file', async (content, expected) => {
    expect(await read({ from: 'file', path: file(content) })).toBe(expected)
  })

  it('reads from a file descriptor', async () => {
    const descriptor = openSync(file('from a descriptor\n'), 'r')
    expect(await read({ from: 'descriptor', descriptor })).toBe('from a descriptor')
  })

  it('refuses a descriptor that nobody opened for it, and leaves it open', async () => {
    const descriptor = openSync(directory, 'r')
    const source = { from: 'descriptor', descriptor } as const
    await expect(read(source)).rejects.toThrow(withCode('PASSPHRASE_UNREADABLE'))
    expect(fstatSync(descriptor).isDirectory()).toBe(true)
    closeSync(descriptor)
  })

  it('asks at a terminal without showing what is typed', async () => {
    const reading = read({ from: 'prompt', question: 'Passphrase: ' })
    terminal.input.write('typoo\u007f')
    terminal.input.write('!\r')
    expect(await reading).toBe('typo!')
    expect(terminal.shown).toBe('Passphrase: \n')
    expect(terminal.input.rawModes).toEqual([true, false])
  })

  it('gives up on Control-C and gives the terminal back', async () => {
    const reading = read({ from: 'prompt', question: '' })
    terminal.input.write('abc\u0003')
    await expect(reading).rejects.toEqual(withCode('PASSPHRASE_ABORTED'))
    expect(terminal.input.rawModes).toEqual([true, false])
  })

  it.each([
    ['PASSPHRASE_EMPTY', () => ({ from: 'file', path: file('\n') }) as const],
    ['PASSPHRASE_TOO_LONG', () => ({ from: 'file', path: file('x'.repeat(1_025)) }) as const],
    ['FILE_NOT_PRIVATE', () => ({ from: 'file', path: file('x', 0o644) }) as const],
    ['FILE_UNREADABLE', () => ({ from: 'file', path: join(directory, 'none') }) as const],
    ['PASSPHRASE_UNREADABLE', () => ({ from: 'descriptor', descriptor: 987_654 }) as const],
  ])('refuses with %s', async (code, source) => {
    await expect(read(source())).rejects.toEqual(withCode(code))
  })

  it('says so when there is no terminal', async () => {
    terminal.input.isTTY = false
    const reading = read({ from: 'prompt', question: '' })
    await expect(reading).rejects.toEqual(withCode('PASSPHRASE_NO_TERMINAL'))
  })
})
