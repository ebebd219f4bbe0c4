import type { Context } from '../../aggregator/context.ts'
import type { HandoverLock } from '../../aggregator/handover/machine.ts'
import { encodeStatement, sealStatement } from '../../aggregator/handover/statements.ts'
import type { HandoverSignerPort } from '../ports.ts'
import { plainSession, type SignerAnswer, type SignerRequest } from './wire.ts'

/** How a request ends while the signer is away. */
export const SIGNER_UNREACHABLE = 'SIGNER_UNREACHABLE'

/** What a refusal was about, for the log. */
export type About = Readonly<Record<string, number>>

export interface HandoverClientDependencies {
  /** Asks the signer; counts what it refuses. */
  readonly ask: (request: SignerRequest, about: About) => Promise<SignerAnswer>
  /** What the signer said last of its locks. */
  readonly locks: () => readonly HandoverLock[]
}

/** The keys of a signer in a process of its own, for the agreement on a hand-over. */
export function handoverClient(
  context: Context,
  { ask, locks }: HandoverClientDependencies,
): HandoverSignerPort {
  return {
    locks,
    commit: async (attempt) => {
      const answer = await ask({ type: 'commitHandover', attempt }, { attempt })
      return answer.type === 'commitment' ? answer.pair : null
    },
    lock: async ({ epoch, message }) => {
      const answer = await ask({ type: 'lockHandover', lock: { epoch, message } }, { epoch })
      if (answer.type === 'done') return 'locked'
      const isAway = answer.type === 'refused' && answer.code === SIGNER_UNREACHABLE
      return isAway ? 'away' : 'refused'
    },
    signShare: async ({ attempt, handover, session }) => {
      const share = { attempt, handover: { ...handover }, session: plainSession(session) }
      const answer = await ask({ type: 'signHandover', share }, { attempt })
      return answer.type === 'signature' ? answer.bytes : null
    },
    signStatement: async (statement) => {
      const { attempt } = statement
      const request: SignerRequest = {
        type: 'signStatement',
        statement: encodeStatement(context, statement),
      }
      const answer = await ask(request, { attempt })
      return answer.type === 'signature' ? sealStatement(context, statement, answer.bytes) : null
    },
  }
}
