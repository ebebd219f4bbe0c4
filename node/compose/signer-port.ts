import { codeOf } from '../errors.ts'
import type { Signer } from '../keys/signer.ts'
import type { Log } from '../logging.ts'
import type { HandoverSignerPort, SignerPort } from '../ports.ts'

/** Refusals of a healthy signer: the machine asked too late or twice, and less is revealed. */
const REFUSALS = [
  'PROMISE_ROUND_PAST',
  'PROMISE_CONFLICT',
  'MESSAGE_NOT_PROMISED',
  'MESSAGE_NOT_OWN',
]
const LOCK_REFUSALS = ['HANDOVER_LOCKED', 'HANDOVER_LOCKS_FULL']

export interface SignerPortDependencies {
  readonly signer: Signer
  readonly log: Log
  readonly onRefused: (code: string) => void
}

/** The signer as the driver asks it: refusals become data, anything else ends the process. */
export function signerPort({ signer, log, onRefused }: SignerPortDependencies): SignerPort {
  const refused = (code: string, round: number) => {
    log.warn('signer.refused', { code, round })
    onRefused(code)
  }
  const unlessRefused = (error: unknown, round: number) => {
    if (!REFUSALS.includes(codeOf(error))) throw error
    refused(codeOf(error), round)
  }
  return {
    persist: async (promise) => {
      try {
        await signer.persist(promise)
      } catch (error) {
        unlessRefused(error, promise.round)
      }
    },
    signMessage: ({ message, body }) => {
      try {
        return signer.signMessage(body)
      } catch (error) {
        unlessRefused(error, message.round)
        return null
      }
    },
    commitments: (round) => signer.prepareNonces(round),
    signShare: (request) => {
      const outcome = signer.signShare(request)
      if (outcome.type === 'signed') return outcome.share
      refused(outcome.code, request.round)
      return null
    },
    eraseNonces: (upTo) => signer.eraseNonces(upTo),
  }
}

/** The same signer as the agreement on a hand-over asks it. */
export function handoverSignerPort({
  signer,
  log,
  onRefused,
}: SignerPortDependencies): HandoverSignerPort {
  const refused = (code: string, about: Readonly<Record<string, number>>) => {
    log.warn('signer.refused', { code, ...about })
    onRefused(code)
  }
  return {
    locks: () => signer.handoverLocks,
    commit: (attempt) => Promise.resolve(signer.commitHandover(attempt)),
    lock: async (lock) => {
      try {
        await signer.lockHandover(lock)
        return 'locked'
      } catch (error) {
        if (!LOCK_REFUSALS.includes(codeOf(error))) throw error
        refused(codeOf(error), { epoch: lock.epoch })
        return 'refused'
      }
    },
    signShare: (request) => {
      const outcome = signer.signHandover(request)
      if (outcome.type === 'signed') return Promise.resolve(outcome.share)
      refused(outcome.code, { attempt: request.attempt })
      return Promise.resolve(null)
    },
    signStatement: (statement) => Promise.resolve(signer.signStatement(statement)),
  }
}
