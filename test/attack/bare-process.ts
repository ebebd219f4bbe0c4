import { monitorEventLoopDelay } from 'node:perf_hooks'
import { gossipsub, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { createLibp2p } from 'libp2p'

/**
 * What our protections are measured against: the same libraries with their defaults. It listens,
 * subscribes to the topic of its first argument, rejects every message there as a validator would
 * that found its signature wrong, and tells heap and event loop four times a second.
 */
const topic = process.argv[2] ?? ''
const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: {
    identify: identify(),
    pubsub: gossipsub({
      globalSignaturePolicy: 'StrictNoSign',
      allowPublishToZeroTopicPeers: true,
    }),
  },
})
let judged = 0
node.services.pubsub.topicValidators.set(topic, () => {
  judged += 1
  return TopicValidatorResult.Reject
})
node.services.pubsub.subscribe(topic)

const lag = monitorEventLoopDelay({ resolution: 10 })
lag.enable()
const tell = (row: object) => process.stdout.write(`${JSON.stringify(row)}\n`)
tell({ type: 'listening', address: String(node.getMultiaddrs()[0]) })
setInterval(() => {
  const { heapUsed } = process.memoryUsage()
  tell({ type: 'probe', heapBytes: heapUsed, lagMs: Math.round(lag.max / 1e6), judged })
  lag.reset()
}, 250)
process.once('SIGTERM', () => process.exit(0))
