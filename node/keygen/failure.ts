import type { KeygenContext } from '../../aggregator/keygen/context.ts'
import { encodeEvidence } from '../../aggregator/keygen/evidence.ts'
import type { KeygenFailure } from '../../aggregator/keygen/machine.ts'
import { namedBy } from '../../aggregator/keygen/standing.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import { OracleError } from '../errors.ts'
import { failureText } from './progress.ts'
import type { KeygenPromises } from './record.ts'

/** What an operator is told when there is no key; evidence is written to a file first. */
export async function failureOf(
  outcome: KeygenFailure,
  { context, promises }: { readonly context: KeygenContext; readonly promises: KeygenPromises },
): Promise<OracleError> {
  const because = `no key: ${failureText(outcome)}; ${advice(outcome, promises)}`
  const members = listMembers(namedBy(outcome)).join(',')
  switch (outcome.type) {
    case 'convicted': {
      const { accused } = outcome.evidence
      const bytes = encodeEvidence(context, outcome.evidence)
      const evidence = await promises.keepEvidence(accused, bytes)
      return new OracleError('KEYGEN_CONVICTED', because, { context: { members, evidence } })
    }
    case 'late':
      return new OracleError('KEYGEN_LATE', because, { context: { members } })
    case 'abandoned':
      return new OracleError('KEYGEN_ABANDONED', because, { context: { members } })
    case 'spent':
      return new OracleError('KEYGEN_ATTEMPT_USED', because)
    case 'stopped':
      return new OracleError('KEYGEN_STOPPED', because)
  }
}

function advice(outcome: KeygenFailure, promises: KeygenPromises): string {
  if (promises.kept !== null) return 'run it again: only results of others are missing here'
  const isOwn = outcome.type === 'stopped' || outcome.type === 'late'
  if (isOwn && promises.package === null) return 'nothing was revealed here: run it again'
  return 'agree on a higher keygenAttempt and begin anew'
}
