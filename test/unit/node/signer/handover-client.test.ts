import { expect, test } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import { handoverClient } from '../../../../node/signer/handover-client.ts'
import type { SignerAnswer } from '../../../../node/signer/wire.ts'
import { referenceCrypto, testCommittee } from '../../../support/committee.ts'

const context = contextOf(referenceCrypto, testCommittee().committee)

test.each([
  [{ type: 'done' }, 'locked'],
  [{ type: 'refused', code: 'HANDOVER_NOT_APPROVED' }, 'refused'],
  [{ type: 'refused', code: 'SIGNER_UNREACHABLE' }, 'away'],
] as const)('a signer that answers %o to a lock: %s', async (answer: SignerAnswer, expected) => {
  const client = handoverClient(context, { ask: () => Promise.resolve(answer), locks: () => [] })
  expect(await client.lock({ epoch: 2, message: new Uint8Array(32) })).toBe(expected)
})
