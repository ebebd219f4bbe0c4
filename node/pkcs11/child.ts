// The process that a PKCS #11 module runs in, started by token-process.ts: a fault in a vendor's
// code ends it and nothing else. It ends when the one who started it does.
import { OracleError } from '../errors.ts'
import { TOKEN_FAULTS } from '../keys/token-faults.ts'
import type { FromChild, ToChild } from './child-messages.ts'
import type { OpenToken, TokenKeyName } from './open-token.ts'
import { openToken } from './open-token.ts'

let opened: OpenToken | null = null

process.on('message', (message: ToChild) => {
  answerTo(message).then(say, (error) => say(failureOf(error)))
})
process.on('disconnect', () => {
  try {
    opened?.close()
  } finally {
    process.exit(0)
  }
})
// A terminal sends these to all processes at once; the one who started this one decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

async function answerTo(message: ToChild): Promise<FromChild> {
  if (message.type === 'open') {
    opened = await open(message.name, message.pin)
    return { type: 'opened' }
  }
  if (opened === null) throw new Error('asked to sign before it was opened')
  return { type: 'signed', signature: opened.sign(message.digest) }
}

async function open(name: TokenKeyName, pin: Uint8Array): Promise<OpenToken> {
  const cryptoki = await load(name.module)
  try {
    return openToken(cryptoki, name, pin)
  } finally {
    pin.fill(0)
  }
}

async function load(path: string) {
  try {
    // Here, not above: what binds libraries may not be there for this platform.
    const { loadModule } = await import('./native-module.ts')
    return loadModule(path)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OracleError(
      'PKCS11_MODULE_UNUSABLE',
      `${path} cannot be loaded as a PKCS #11 module (${reason.slice(0, 500)}); name the shared ` +
        'library that came with the token',
      { context: { module: path }, cause },
    )
  }
}

function say(message: FromChild): void {
  // Nobody is left to be told of a failure.
  process.send?.(message, undefined, undefined, () => undefined)
}

function failureOf(error: unknown): FromChild {
  const message = error instanceof Error ? error.message : String(error)
  const known = error instanceof OracleError ? error.code : null
  const code = TOKEN_FAULTS.find((fault) => fault === known) ?? 'PKCS11_REFUSED'
  return { type: 'failed', code, message }
}
