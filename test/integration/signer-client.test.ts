import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SILENT_LOG } from '../../node/logging.ts'
import { SignerClient } from '../../node/signer/client.ts'
import { readRequest, type SignerAnswer, writeLine } from '../../node/signer/wire.ts'
import { context, ecdsa, identityOf, promised } from './signer-support.ts'

const { digest: committeeDigest } = context.committee
const STATUS = { watermark: 0, barrier: 0, refused: {}, locks: [] }

let directory: string
let server: Server
let sockets: Socket[]
let refused: string[]
let client: SignerClient
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-hangs-'))
  sockets = []
  refused = []
  client = clientThatWaits(0)
})
afterEach(async () => {
  await client.stop()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
  rmSync(directory, { recursive: true })
})

/** A client that tries so long to start, with a signer that has a moment for each answer. */
function clientThatWaits(startMsMax: number): SignerClient {
  return new SignerClient(
    {
      ...{ path: join(directory, 'signer.sock'), access: 'owner', committeeDigest },
      ...{ startMsMax, answerMsMax: 50 },
    },
    { log: SILENT_LOG, onRefused: (code) => refused.push(code), onFault: () => undefined },
  )
}

/** A signer that answers what it is told to and hangs at all else. */
async function listen(answerTo: (type: string) => SignerAnswer | null): Promise<void> {
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('data', (bytes) => {
      for (const line of String(bytes).split('\n').filter(Boolean)) {
        const { id, request } = readRequest(line)
        const answer = answerTo(request.type)
        if (answer !== null) socket.write(`${writeLine({ id, answer })}\n`)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(join(directory, 'signer.sock'), resolve))
}

describe('a signer that takes requests and says nothing', () => {
  it('keeps a start no longer than one that is not there', async () => {
    await listen(() => null)
    await expect(client.start()).rejects.toMatchObject({ code: 'SIGNER_UNREACHABLE' })
  })

  it('counts as lost when it hangs later: the promise is refused and the stop waits for nobody', async () => {
    const identityKey = ecdsa.publicKeyOf(identityOf(0))
    const hello = { type: 'hello', committeeDigest, identityKey, status: STATUS } as const
    await listen((type) => (type === 'hello' ? hello : null))
    // A machine that stands still for that moment makes the start try again.
    client = clientThatWaits(60_000)
    await client.start()
    const socket = sockets.at(-1)
    expect(client.status.isReachable).toBe(true)
    await client.port().persist(promised(5, 'observation', 1))
    expect(refused).toEqual(['SIGNER_UNREACHABLE'])
    expect(socket?.destroyed).toBe(true)
  })

  it('is left when the node stops while it says hello', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    await listen(() => {
      resolve()
      return null
    })
    const starting = client.start()
    await asked
    await client.stop()
    await expect(starting).rejects.toMatchObject({ code: 'SIGNER_UNREACHABLE' })
  })
})
