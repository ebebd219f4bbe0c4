import { createReadStream, fstatSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { codeOf, OracleError } from '../errors.ts'
import { readPrivateFile } from './private-file.ts'
import { Secret } from './secret.ts'

/** Where a passphrase comes from. Never from arguments or the environment: both can be seen. */
export type PassphraseSource =
  | { readonly from: 'file'; readonly path: string }
  /** An open file descriptor, such as one that a secret manager passed on. */
  | { readonly from: 'descriptor'; readonly descriptor: number }
  | { readonly from: 'prompt'; readonly question: string }

/** A terminal; `process.stdin` and `process.stderr` in a command. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown }
  readonly output: Writable
}

const PASSPHRASE_BYTES_MAX = 1_024
/** What a terminal in raw mode sends for its keys. */
const KEYS_ENTER = ['\r', '\n']
const KEYS_ABORT = ['\u0003', '\u0004'] // Control-C and Control-D.
const KEYS_ERASE = ['\u007f', '\b']

/**
 * Reads a passphrase. One line end at its end is not part of it.
 *
 * @throws {OracleError} `PASSPHRASE_EMPTY`, `PASSPHRASE_TOO_LONG`, `PASSPHRASE_NO_TERMINAL`,
 * `PASSPHRASE_ABORTED`, `PASSPHRASE_UNREADABLE`, and what `readPrivateFile` throws
 */
export async function readPassphrase(
  source: PassphraseSource,
  terminal: Terminal,
): Promise<Secret> {
  const text = await readFrom(source, terminal)
  const passphrase = text.replace(/\r?\n$/, '')
  if (passphrase === '') {
    throw new OracleError('PASSPHRASE_EMPTY', 'the passphrase is empty; give one')
  }
  if (Buffer.byteLength(passphrase) > PASSPHRASE_BYTES_MAX) throw tooLong()
  return Secret.ofText(passphrase)
}

async function readFrom(source: PassphraseSource, terminal: Terminal): Promise<string> {
  switch (source.from) {
    case 'file':
      return await readPrivateFile(source.path)
    case 'descriptor':
      return await readDescriptor(source.descriptor)
    case 'prompt':
      return await ask(source.question, terminal)
  }
}

async function readDescriptor(descriptor: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    assertCarriesText(descriptor)
    for await (const chunk of createReadStream('', { fd: descriptor, autoClose: true })) {
      chunks.push(chunk)
      length += chunk.length
      if (length > 2 * PASSPHRASE_BYTES_MAX) throw tooLong()
    }
  } catch (cause) {
    if (cause instanceof OracleError) throw cause
    throw new OracleError(
      'PASSPHRASE_UNREADABLE',
      `cannot read a passphrase from descriptor ${descriptor}; open it for reading`,
      { context: { descriptor, reason: codeOf(cause) }, cause },
    )
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Nobody opened it: the number may be one of the process's own, and closing that would end it. */
function assertCarriesText(descriptor: number): void {
  const stat = fstatSync(descriptor)
  if (stat.isFile() || stat.isFIFO() || stat.isSocket() || stat.isCharacterDevice()) return
  throw new OracleError(
    'PASSPHRASE_UNREADABLE',
    `descriptor ${descriptor} was not opened for a passphrase; open it: ${descriptor}<FILE`,
    { context: { descriptor, reason: 'EINVAL' } },
  )
}

/** Asks without showing what is typed. */
async function ask(question: string, { input, output }: Terminal): Promise<string> {
  if (input.isTTY !== true || input.setRawMode === undefined) {
    throw new OracleError(
      'PASSPHRASE_NO_TERMINAL',
      'there is no terminal to ask for the passphrase; give it by a file or a file descriptor',
    )
  }
  output.write(question)
  input.setRawMode(true)
  try {
    return await readLine(input)
  } finally {
    input.setRawMode(false)
    input.pause()
    output.write('\n')
  }
}

function readLine(input: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    let line = ''
    const end = (finish: () => void) => {
      input.off('data', onData)
      input.off('end', onEnd)
      finish()
    }
    const aborted = () => new OracleError('PASSPHRASE_ABORTED', 'no passphrase was given')
    const onEnd = () => end(() => reject(aborted()))
    const onData = (chunk: Buffer | string) => {
      for (const key of chunk.toString()) {
        if (KEYS_ENTER.includes(key)) return end(() => resolve(line))
        if (KEYS_ABORT.includes(key)) return end(() => reject(aborted()))
        line = KEYS_ERASE.includes(key) ? line.slice(0, -1) : line + key
        if (line.length > PASSPHRASE_BYTES_MAX) return end(() => reject(tooLong()))
      }
    }
    input.on('data', onData)
    input.once('end', onEnd)
  })
}

function tooLong(): OracleError {
  return new OracleError(
    'PASSPHRASE_TOO_LONG',
    `a passphrase has at most ${PASSPHRASE_BYTES_MAX} bytes; is this the right file?`,
  )
}
