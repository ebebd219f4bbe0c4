import { writeSync } from 'node:fs'
import { HandoverLocks } from '../../node/keys/handover-locks.ts'

// Locks one epoch, says so aloud when that is durable, and dies at once.
const [directory = ''] = process.argv.slice(2)
const locks = await HandoverLocks.open(directory)
await locks.lock({ epoch: 2, message: new Uint8Array(32).fill(2) })
writeSync(1, '2\n')
process.kill(process.pid, 'SIGKILL')
