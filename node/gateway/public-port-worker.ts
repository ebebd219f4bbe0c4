import { randomInt } from 'node:crypto'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { invariant } from '../../aggregator/assert.ts'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import { contextOf } from '../../aggregator/context.ts'
import { messageBytesMax } from '../../aggregator/messages/codec.ts'
import { codeOf } from '../errors.ts'
import { PublicNetwork } from '../gossip/public-network.ts'
import { javascriptCrypto } from '../keys/ecdsa.ts'
import { certificateJudge } from './judge.ts'
import type { FromWorker, PortData, ToWorker } from './public-port-messages.ts'

invariant(parentPort !== null, 'this file is a worker thread')
await serve(parentPort, workerData as PortData)

async function serve(port: MessagePort, { committee: file, listen, peersMax, version }: PortData) {
  const say = (message: FromWorker) => port.postMessage(message)
  // Certificates carry one signature of the group; no member's signature is checked here.
  const crypto = javascriptCrypto
  const committee = committeeOf(crypto.keccak256, file)
  const network = await PublicNetwork.create(
    {
      committeeDigest: committee.digest,
      roundMs: committee.params.timing.roundMs,
      ...{ version, listen },
      bootstrap: [],
      peersMax,
      messageBytesMax: messageBytesMax(committee, 'certificate'),
    },
    {
      onMessage: certificateJudge({
        context: contextOf(crypto, committee),
        nowMs: () => Date.now(),
        // A member learns nothing from strangers: what they bring is checked and passed on only.
        onCertificate: () => undefined,
      }),
      onPeers: (peers) => say({ type: 'peers', peers }),
      onFault: (error) => {
        // Out of the library that would swallow it: a broken invariant ends the thread.
        setImmediate(() => {
          throw error
        })
      },
      nowMs: () => performance.now(),
      chance: () => randomInt(2 ** 32) / 2 ** 32,
    },
  )
  port.on('message', (message: ToWorker) => {
    if (message.type === 'publish') {
      void network.publish(message.bytes).then(() => say({ type: 'published' }))
      return
    }
    void network.stop().then(() => port.close())
  })
  try {
    await network.start()
    say({ type: 'listening', addresses: network.listenAddresses() })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    say({ type: 'failed', code: codeOf(error), message })
  }
}
