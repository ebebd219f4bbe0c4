import type { PublicClient } from 'viem'
import { expect, test } from 'vitest'
import { apply, isDescriptionMissing } from '../../../contracts/deploy/apply.ts'
import type { Chain } from '../../../contracts/deploy/chain.ts'
import { type Plan, plan } from '../../../contracts/deploy/plan.ts'
import { committeeInABox } from '../../../contracts/testing/committee-box.ts'
import { parametersFor } from '../../support/contracts/parameters.ts'

const box = committeeInABox({ members: 4, seed: 'apply' })
const bare = plan(parametersFor(box), new Set())
const DIGEST = `0x${'22'.repeat(32)}` as const
/** Everything stands. */
const PLANNED: Plan = {
  ...bare,
  missing: [],
  described: { digest: DIGEST, parameters: '0x01' },
}
const missingAt = (...addresses: readonly string[]): Plan => {
  const missing = bare.contracts.filter(({ address }) => addresses.includes(address))
  return { ...PLANNED, missing }
}

type Answers = Readonly<Record<string, () => Promise<unknown>>>

function chain(answers: Answers): Chain {
  const readContract = ({ functionName }: { readonly functionName: string }) => {
    const answer = answers[functionName]
    return answer === undefined ? Promise.reject(new Error(`asked ${functionName}`)) : answer()
  }
  return { reader: { readContract } as unknown as PublicClient } as Chain
}

const told = (digest: string, epoch: bigint): Answers => ({
  describedCommittee: async () => digest,
  epoch: async () => epoch,
})

test.each([
  ['none was described', PLANNED, told(`0x${'00'.repeat(32)}`, 1n), true],
  ['it was described', PLANNED, told(DIGEST, 1n), false],
  ['a later committee is in office', PLANNED, told(`0x${'33'.repeat(32)}`, 2n), false],
  ['its parameters are not given', { ...PLANNED, described: null }, {}, false],
  ['nothing stands yet', missingAt(bare.hub, bare.directory), {}, true],
  ['the directory is missing', missingAt(bare.directory), { epoch: async () => 1n }, true],
  ['it is, of a later committee', missingAt(bare.directory), { epoch: async () => 2n }, false],
])('a directory where %s', async (_, planned, answers, isMissing) => {
  expect(await isDescriptionMissing(chain(answers), planned)).toBe(isMissing)
})

test('an endpoint that fails while it is asked is a refusal, of which nothing is left behind', async () => {
  const unhandled: unknown[] = []
  const listen = (error: unknown) => unhandled.push(error)
  process.on('unhandledRejection', listen)
  const failing = chain({
    // The second question fails while the first one is still open.
    describedCommittee: () =>
      new Promise((_, reject) => setImmediate(() => setImmediate(reject, new Error('late')))),
    epoch: () => Promise.reject(new Error('early')),
  })
  await expect(apply(failing, PLANNED)).rejects.toThrow('early')
  await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))))
  process.off('unhandledRejection', listen)
  expect(unhandled).toEqual([])
})
