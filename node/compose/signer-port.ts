import { codeOf } from '../errors.ts'
import type { Signer } from '../keys/signer.ts'
import type { Log } from '../logging.ts'
import type { SignerPort } from '../ports.ts'

/** Refusals of a healthy signer: the machine asked too late or twice, and less is revealed. */
const REFUSALS = ['PROMISE_ROUND_PAST', 'PROMISE_CONFLICT', 'MESSAGE_NOT_PROMISED']

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
    signMessage: (message) => {
      try {
        return signer.signMessage(message)
      } catch (error) {
        unlessRefused(error, message.round)
        return null
      }
    },
    commitments: (round) => signer.prepareNonces(round),
    signShare: async (request) => {
      const outcome = await signer.signShare(request)
      if (outcome.type === 'signed') return outcome.share
      refused(outcome.code, request.round)
      return null
    },
    combine: async ({ session, shares }) => {
      const outcome = await signer.combine(session, shares)
      return outcome.type === 'combined'
        ? { signature: outcome.signature, culprits: 0 }
        : { signature: null, culprits: outcome.culprits }
    },
    eraseNonces: (upTo) => signer.eraseNonces(upTo),
  }
}
