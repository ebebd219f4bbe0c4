import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import { cryptoOf, loadEcdsa } from '../../../../node/keys/native.ts'
import { Promises } from '../../../../node/keys/promises.ts'
import { Secret } from '../../../../node/keys/secret.ts'
import { Signer } from '../../../../node/keys/signer.ts'
import { SignerService } from '../../../../node/signer/service.ts'
import { testCommittee } from '../../../support/committee.ts'

const { committee, identityKeys, shares } = testCommittee()
const ecdsa = loadEcdsa({ fallback: 'allow' })
const context = contextOf(cryptoOf(ecdsa), committee)
/** The clock that never goes back is a day ahead; the wall clock was set right. */
const [AHEAD, RIGHT] = [180_000, 7_200]

let directory: string
let signer: Signer
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-rounds-'))
  const [key, share] = [identityKeys[0], shares[0]]
  if (key === undefined || share === undefined) throw new Error('a member')
  const promises = await Promises.open({ directory })
  const held = { identity: Secret.of(key), share: Secret.of(share.secret), promises, ecdsa }
  signer = new Signer({ context, index: 0 }, held)
  await signer.start()
})
afterEach(async () => {
  await signer.stop()
  rmSync(directory, { recursive: true })
})

test('a round is near when it is by either clock of the machine, and far by both', async () => {
  const service = new SignerService(
    { context, self: 0, barrier: 0 },
    {
      signer,
      openRounds: () => [AHEAD, RIGHT],
      signHandshake: (data) => data,
      approved: () => Promise.resolve(null),
      nowMs: () => 0,
      onRefused: () => undefined,
    },
  )
  const asked = async (round: number) => (await service.answer({ type: 'commitments', round })).type
  const rounds = [RIGHT - 18, RIGHT - 17, RIGHT + 2, RIGHT + 3, AHEAD - 18, AHEAD + 2, AHEAD + 3]
  expect(await Promise.all(rounds.map(asked))).toEqual([
    ...['refused', 'commitments', 'commitments', 'refused'],
    ...['refused', 'commitments', 'refused'],
  ])
})
