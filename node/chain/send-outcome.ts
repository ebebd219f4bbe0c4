import type { SendOutcome } from './chain.ts'
import { describeRpcError, revertDataOf } from './endpoint.ts'

const ACCEPTED: SendOutcome = { type: 'accepted' }

/** The answer that helps most comes first. */
const PREFERENCE = [
  'accepted',
  'nonceUsed',
  'underpriced',
  'fundsMissing',
  'refused',
] as const satisfies readonly SendOutcome['type'][]

/** What became of a transaction, by the answers of all that it was sent to. */
export function bestOutcomeOf(answers: readonly PromiseSettledResult<unknown>[]): SendOutcome {
  const outcomes = answers.map((answer) =>
    answer.status === 'fulfilled' ? ACCEPTED : refusalOf(answer.reason),
  )
  const best = PREFERENCE.map((type) => outcomes.find((outcome) => outcome.type === type))
  return best.find((outcome) => outcome !== undefined) ?? { type: 'refused', reason: 'no answer' }
}

/** Clients share no error codes for refusals; these words are what they have in common. */
function refusalOf(error: unknown): SendOutcome {
  // Local chains that mine at once report the revert of a transaction that is in a block.
  if (revertDataOf(error) !== null) return ACCEPTED
  const reason = describeRpcError(error)
  if (/already known|known transaction|already imported/i.test(reason)) return ACCEPTED
  if (/underpriced|fee too low|gas price too low/i.test(reason)) return { type: 'underpriced' }
  if (/nonce.{0,20}too low|nonce.{0,20}lower than/i.test(reason)) return { type: 'nonceUsed' }
  if (/insufficient funds|exceeds the balance|enough funds/i.test(reason)) {
    return { type: 'fundsMissing' }
  }
  return { type: 'refused', reason }
}
