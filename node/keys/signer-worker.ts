import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { invariant } from '../../aggregator/assert.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'
import { HandoverVault } from './handover-vault.ts'
import { thresholdOf } from './native.ts'
import { ShareVault, SLOTS } from './share-vault.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './signer-messages.ts'

// The thread that holds the signing share: what is not on the main thread cannot leak from there,
// and FROST in JavaScript, where the addon is missing, would hold up its messages.

/** Serves the signer until it is told to stop. */
function serve(setup: WorkerSetup, port: NonNullable<typeof parentPort>): void {
  const scheme = thresholdOf(setup.implementation)
  let secret: Uint8Array | null = null
  let vault: ShareVault | null = null
  let handovers: HandoverVault | null = null
  let isPreparing = false
  const say = (message: FromWorker) => port.postMessage(message)

  // One pair at a time, with a look at the mail in between: a waiting signature goes first.
  const prepareNext = () => {
    isPreparing = false
    if (vault === null || vault.spare >= setup.spareNonces) return
    say({ type: 'nonce', ...vault.prepare() })
    prepareSoon()
  }
  const prepareSoon = () => {
    if (isPreparing) return
    isPreparing = true
    setImmediate(prepareNext)
  }

  const load = (share: Uint8Array) => {
    secret = share
    const isRight = isShareOf(setup, share)
    if (isRight) {
      const { groupKey, index } = setup
      const options = { scheme, groupKey, share: { index, secret: share } }
      vault = new ShareVault(options, { random: randomBytes })
      handovers = new HandoverVault(options, { random: randomBytes })
    }
    say({ type: 'loaded', isRight })
    prepareSoon()
  }

  // A round has just opened and will want its share in a moment: what it took is made up for when
  // a round ends, unless the next one would find nothing.
  const assign = (round: number, ids: readonly number[]) => {
    vault?.assign(round, ids)
    if (vault !== null && vault.spare < SLOTS) prepareSoon()
  }

  const stop = () => {
    secret?.fill(0)
    vault = null
    handovers = null
    // With its port the thread has nothing left to wait for.
    port.close()
  }

  port.on('message', (message: ToWorker) => {
    if (message.type === 'stop') stop()
    if (message.type === 'load') load(message.share)
    if (message.type === 'combine') {
      const { call, session, shares } = message
      const outcome = scheme.combine(setup.groupKey, session, shares)
      say({ type: 'combined', call, outcome })
    }
    if (message.type === 'assign') assign(message.round, message.ids)
    if (message.type === 'erase') {
      vault?.erase(message.upTo)
      prepareSoon()
    }
    if (message.type === 'commitHandover') {
      invariant(handovers !== null, 'nothing is signed before the share is loaded')
      const { call, attempt } = message
      say({ type: 'handoverCommitted', call, commitment: handovers.commit(attempt) })
    }
    if (message.type === 'signHandover') {
      invariant(handovers !== null, 'nothing is signed before the share is loaded')
      const { call, request } = message
      say({ type: 'handoverSigned', call, outcome: handovers.sign(request) })
    }
    if (message.type === 'sign') {
      invariant(vault !== null, 'nothing is signed before the share is loaded')
      say({ type: 'signed', call: message.call, outcome: vault.sign(message.request) })
    }
  })
}

function isShareOf({ groupKey, index }: WorkerSetup, share: Uint8Array): boolean {
  const expected = groupKey.verifyingShares[index]
  if (expected === undefined || !secp256k1.utils.isValidSecretKey(share)) return false
  return equalBytes(secp256k1.getPublicKey(share, true), expected)
}

invariant(parentPort !== null, 'this file runs as a worker thread')
serve(workerData as WorkerSetup, parentPort)
