import { type Address, zeroAddress } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { contextOf } from '../../../aggregator/context.ts'
import {
  evidenceRegistryAbi,
  evidenceRegistryBytecode,
} from '../../../contracts/abi/evidence-registry.ts'
import { memberBondsAbi, memberBondsBytecode } from '../../../contracts/abi/member-bonds.ts'
import {
  addressOfKey,
  convictionCalldata,
  enrolmentCalldata,
  registrationCalldata,
} from '../../../node/evidence/calldata.ts'
import { javascriptEcdsa } from '../../../node/keys/ecdsa.ts'
import { Secret } from '../../../node/keys/secret.ts'
import { referenceCrypto, testCommittee } from '../../support/committee.ts'
import { deployCode } from '../../support/contracts/batch.ts'
import { sendCalldata, startChain, type TestChain } from '../../support/contracts/chain.ts'
import { ACCUSED, evidencePairs } from '../../support/evidence-pairs.ts'

const member = testCommittee()
const { params, digest } = member.committee
const identity = addressOfKey(params.members[ACCUSED]?.identityKey ?? new Uint8Array(0))

let chain: TestChain
let registry: Address
let bonds: Address

beforeAll(async () => {
  chain = await startChain()
  registry = await deployCode(chain, {
    abi: evidenceRegistryAbi,
    bytecode: evidenceRegistryBytecode,
  })
  const stakes = { registry, beneficiary: registry, stakeMin: 5n, evidenceSeconds: 10 }
  const hash = await chain.writer.deployContract({
    abi: memberBondsAbi,
    bytecode: memberBondsBytecode,
    args: [
      { ...stakes, leavingSeconds: 20 },
      { hub: zeroAddress, weiPerSignature: 1n, roundsBetween: 1 },
    ],
    account: chain.account,
    chain: null,
  })
  const receipt = await chain.reader.waitForTransactionReceipt({ hash })
  bonds = receipt.contractAddress as Address
})
afterAll(() => chain.close())

test('a member is enrolled and convicted by what the command line prints', async () => {
  const key = Secret.of(member.identityKeys[ACCUSED]?.slice() ?? new Uint8Array(0))
  const operator = chain.account.address
  const enrolment = { chainId: BigInt(chain.chainId), bonds, operator, payee: operator }
  await sendCalldata(chain, { to: bonds, data: enrolmentCalldata(javascriptEcdsa, key, enrolment) })
  await sendCalldata(chain, { to: registry, data: registrationCalldata(params) })
  await chain.writer.writeContract({
    address: bonds,
    abi: memberBondsAbi,
    functionName: 'stake',
    args: [identity],
    value: 100n,
    account: chain.account,
    chain: null,
  })
  const isBonded = () =>
    chain.reader.readContract({
      address: bonds,
      abi: memberBondsAbi,
      functionName: 'isBonded',
      args: [identity],
    })
  expect(await isBonded()).toBe(true)
  const { guilty } = evidencePairs(member, contextOf(referenceCrypto, member.committee))
  const [one, two] = guilty.TWO_REPORT_DIGESTS
  await sendCalldata(chain, {
    to: registry,
    data: convictionCalldata(params, [one.bytes, two.bytes]),
  })
  expect(await isBonded()).toBe(false)
  const conviction = await chain.reader.readContract({
    address: registry,
    abi: evidenceRegistryAbi,
    functionName: 'convictionOf',
    args: [`0x${Buffer.from(digest).toString('hex')}`, BigInt(ACCUSED)],
  })
  expect(conviction).toMatchObject({ reporter: operator, round: 40n, kind: 4 })
  expect(conviction.identity.toLowerCase()).toBe(identity)
})

test('the largest observations of the largest committee convict within one transaction', async () => {
  const feeds = Array.from({ length: 1024 }, (_, index) => ({
    ...(params.feeds[0] as (typeof params.feeds)[number]),
    name: `F${index}/USD`,
  }))
  const large = testCommittee({ size: 31, feeds, genesisMs: 7 })
  const { guilty } = evidencePairs(large, contextOf(referenceCrypto, large.committee))
  const data = registrationCalldata(large.committee.params)
  await sendCalldata(chain, { to: registry, data, gas: 16_777_216n })
  const [one, two] = guilty.TWO_OBSERVATIONS
  const call = convictionCalldata(large.committee.params, [one.bytes, two.bytes])
  const { gasUsed } = await sendCalldata(chain, { to: registry, data: call, gas: 16_777_216n })
  // EIP-7825 caps a transaction there.
  expect(gasUsed).toBeLessThan(16_777_216)
})
