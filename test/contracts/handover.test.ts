import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, concatHex, toFunctionSelector } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Handover, handoverMessageOf } from '../../aggregator/handover/handover.ts'
import { successionProblems } from '../../aggregator/handover/succession.ts'
import { encodeReport, encodeUpdate } from '../../aggregator/report/calldata.ts'
import { fromHex } from '../../aggregator/values/bytes.ts'
import { priceFeedsAbi } from '../../contracts/abi/price-feeds.ts'
import { committeeInABox, ok } from '../../contracts/testing/committee-box.ts'
import { firstCommittee } from '../../contracts/testing/hub-parameters.ts'
import {
  activateCall,
  contractCommitteeOf,
  handOverCall,
  proposeCommitteeCall,
  withdrawProposalCall,
} from '../../node/chain/handover-calls.ts'
import { calldataOf } from '../../node/gateway/calldata.ts'
import { testCommittee } from '../support/committee.ts'
import { CHAIN_START_MS, sendCalldata } from '../support/contracts/chain.ts'
import { latestOf, outcomeOf, startHub, type TestHub } from '../support/contracts/hub.ts'
import { readReportVectors } from '../vectors/report-vectors.ts'

const DELAY_SECONDS = 3_600
/** The chain's clock runs with the machine's while the hub is deployed, however slow that is. */
const SETTLED_MS = 600_000
const START_MS = CHAIN_START_MS + SETTLED_MS
/** First account of Hardhat's well-known mnemonic, which pays for everything here. */
const OWNER = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const next = committeeInABox({ members: 5, seed: 'next' })

let hub: TestHub

beforeAll(async () => {
  hub = await startHub({ owner: { address: OWNER, delaySeconds: DELAY_SECONDS } })
})

afterAll(() => hub.chain.close())

function handoverTo(sinceStartMs: number): Handover {
  return {
    epoch: 2,
    committeeDigest: keccak_256(next.groupKey.publicKey),
    publicKey: next.groupKey.publicKey,
    activeFromMs: START_MS + sinceStartMs,
    ...next.clock,
  }
}

function signed(handover: Handover, box: Pick<TestHub['box'], 'sign'> = hub.box) {
  return { handover, signature: box.sign(handoverMessageOf(keccak_256, handover)) }
}

async function sendAt(sinceStartMs: number, data: `0x${string}`): Promise<void> {
  await hub.chain.at(START_MS + sinceStartMs)
  await sendCalldata(hub.chain, { to: hub.address, data })
}

test.each(readReportVectors().handovers)('epoch $epoch: both sides hash the same', async (each) => {
  const { committeeDigest, publicKey, message, ...fields } = each
  const handover = {
    ...fields,
    committeeDigest: fromHex(committeeDigest),
    publicKey: fromHex(publicKey),
  }
  expect(bytesToHex(handoverMessageOf(keccak_256, handover))).toBe(`0x${message}`)
  const onChain = await hub.chain.reader.readContract({
    address: hub.address,
    abi: priceFeedsAbi,
    functionName: 'handoverMessage',
    args: [BigInt(handover.epoch), contractCommitteeOf(handover)],
  })
  expect(onChain).toBe(`0x${message}`)
})

test('a hand-over that others signed, or that was changed, is refused', async () => {
  const handover = handoverTo(600_000)
  const foreign = await outcomeOf(hub, handOverCall(signed(handover, next)))
  expect(foreign?.name).toBe('SignatureInvalid')
  const later = { ...handover, activeFromMs: handover.activeFromMs + 1 }
  const changed = { handover: later, signature: signed(handover).signature }
  expect((await outcomeOf(hub, handOverCall(changed)))?.name).toBe('SignatureInvalid')
})

test.each([
  ['the last round that may be the first', 1, [], undefined],
  ['one more', 0, ['genesisMs'], 'RoundsTooFar'],
] as const)(
  '%s: both sides say so of rounds that would run out',
  async (_, laterMs, paths, name) => {
    const activeFromMs = START_MS + 600_000
    const genesisMs = activeFromMs - 2 ** 29 * next.clock.roundMs + laterMs
    const handover = { ...handoverTo(600_000), genesisMs }
    const { params, digest } = testCommittee().committee
    const timing = { ...params.timing, ...hub.box.clock }
    const current = { digest, params: { ...params, timing, genesisMs: hub.box.clock.genesisMs } }
    const problems = successionProblems(current, handover, START_MS)
    expect(problems.map(({ path }) => path)).toEqual(paths)
    expect((await outcomeOf(hub, handOverCall(signed(handover))))?.name).toBe(name)
  },
)

describe('the owner behind its time lock', () => {
  test('proposes, takes back, proposes again, and waits', async () => {
    const handover = handoverTo(60_000 + DELAY_SECONDS * 1_000)
    await sendAt(10_000, proposeCommitteeCall(handover))
    await sendAt(20_000, withdrawProposalCall())
    expect((await outcomeOf(hub, activateCall('owner')))?.name).toBe('HandoverMissing')
    await sendAt(30_000, proposeCommitteeCall(handover))
    await hub.chain.at(START_MS + 60_000 + (DELAY_SECONDS - 1) * 1_000)
    await hub.chain.mine()
    expect((await outcomeOf(hub, activateCall('owner')))?.name).toBe('HandoverTooEarly')
    await sendAt(60_000 + DELAY_SECONDS * 1_000, activateCall('owner'))
    const epoch = await hub.chain.reader.readContract({
      address: hub.address,
      abi: priceFeedsAbi,
      functionName: 'epoch',
    })
    expect(epoch).toBe(2n)
  })

  test('then reports of the next are taken, and the old key is refused where it was', async () => {
    const sinceMs = 70_000 + DELAY_SECONDS * 1_000
    const round = hub.roundAt(SETTLED_MS + sinceMs)
    const { groupKey, clock } = next
    const calldata = encodeUpdate(keccak_256, {
      certificate: next.certify({ round, feeds: [ok(77n), ok(78n), ok(79n)] }),
      feeds: [0],
      committee: { epoch: 2, publicKey: groupKey.publicKey, clock, isFirstClock: true },
    })
    await hub.deliver(calldata, START_MS + sinceMs + 1_000)
    expect(await latestOf(hub, 0)).toMatchObject({ value: 77n, round })

    // What gateways give to strangers: for this number, and not as if it were the first.
    const { timing, ...params } = testCommittee().committee.params
    const committee = { groupKey, params: { ...params, ...clock, timing: { ...timing, ...clock } } }
    const certificate = next.certify({ round: round + 2, feeds: [ok(80n), ok(81n), ok(82n)] })
    const given = (number: number) =>
      calldataOf(
        { crypto: { keccak256: keccak_256 }, committee },
        { certificate, feeds: [1], epoch: number },
      ) ?? '0x'
    await hub.chain.at(START_MS + sinceMs + 2_000)
    await hub.chain.mine()
    expect((await outcomeOf(hub, given(1)))?.name).toMatch(/KeyUnknown|SignatureInvalid/)
    await hub.deliver(fromHex(given(2).slice(2)), START_MS + sinceMs + 3_000)
    expect(await latestOf(hub, 1)).toMatchObject({ value: 81n, round: round + 2 })

    const old = hub.certify(round + 3, [ok(1n), ok(2n), ok(3n)], [1]).calldata
    expect((await outcomeOf(hub, bytesToHex(old)))?.name).toMatch(/KeyUnknown|SignatureInvalid/)

    // With its flag the committee before is read for an hour where it is asked for, and not stored:
    // it did not agree to go.
    const late = {
      certificate: hub.box.certify({ round: round + 3, feeds: [ok(1n), ok(2n), ok(3n)] }),
      committee: { ...firstCommittee(hub.box), isPrevious: true },
      feeds: [2],
    }
    const stored = await outcomeOf(hub, bytesToHex(encodeUpdate(keccak_256, late)))
    expect(stored?.name).toBe('CommitteeExpired')
    const entry = toFunctionSelector('pullByPrevious()')
    const report = bytesToHex(encodeReport(keccak_256, late))
    expect(await outcomeOf(hub, concatHex([entry, report]))).toBeNull()
  })
})
