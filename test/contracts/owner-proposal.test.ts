import { keccak_256 } from '@noble/hashes/sha3.js'
import { bytesToHex, zeroAddress } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Handover } from '../../aggregator/handover/handover.ts'
import { committeeInABox } from '../../contracts/testing/committee-box.ts'
import { activateCall, proposeCommitteeCall } from '../../node/chain/handover-calls.ts'
import {
  type OwnerTerms,
  ownerFacts,
  ownerProblems,
  readOwnerTerms,
} from '../../node/cli/rotation-owner.ts'
import { testCommittee } from '../support/committee.ts'
import { sendCalldata } from '../support/contracts/chain.ts'
import { errorOf, outcomeOf, startHub, type TestHub } from '../support/contracts/hub.ts'

const DELAY_SECONDS = 2 * 86_400
const DAY_MS = 86_400_000
/** First account of Hardhat's well-known mnemonic. */
const OWNER = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
const next = committeeInABox({ members: 5, seed: 'next' })

let hub: TestHub
let terms: OwnerTerms

beforeAll(async () => {
  hub = await startHub({ owner: { address: OWNER, delaySeconds: DELAY_SECONDS } })
  terms = await readOwnerTerms(hub.chain.reader, hub.address)
})

afterAll(() => hub.chain.close())

/** The committee in office, with the clock of the box, under the digest that the hub has. */
function current(): Committee {
  const { committee } = testCommittee()
  const { genesisMs, ...timing } = hub.box.clock
  const params = {
    ...committee.params,
    genesisMs,
    timing: { ...committee.params.timing, ...timing },
  }
  return { ...committee, params, digest: Buffer.from(terms.digest.slice(2), 'hex') }
}

/** A proposal that can be activated so long after the delay. */
function proposal(afterDelayMs: number, changed: Partial<Handover> = {}): Handover {
  return {
    epoch: 2,
    committeeDigest: keccak_256(next.groupKey.publicKey),
    publicKey: next.groupKey.publicKey,
    activeFromMs: (terms.nowSeconds + DELAY_SECONDS) * 1_000 + afterDelayMs,
    ...next.clock,
    ...changed,
  }
}

const pathsOf = (handover: Handover, given = terms) =>
  ownerProblems(current(), handover, given).map(({ path }) => path)

/** What the hub says of it in the newest block. */
async function refusalOf(handover: Handover): Promise<string | null> {
  try {
    const data = proposeCommitteeCall(handover)
    await hub.chain.reader.call({ account: OWNER, to: hub.address, data, blockTag: 'latest' })
    return null
  } catch (error) {
    return errorOf(error).name
  }
}

test('the time lock is read from the contract', () => {
  expect(terms).toMatchObject({ owner: OWNER, delaySeconds: DELAY_SECONDS, epoch: 1 })
  const handover = proposal(DAY_MS)
  expect(ownerFacts(handover, terms)).toMatchObject({
    delaySeconds: DELAY_SECONDS,
    proposeUntil: new Date(terms.nowSeconds * 1_000 + DAY_MS).toISOString(),
    activateUntil: new Date(handover.activeFromMs + 14 * DAY_MS).toISOString(),
  })
})

test.each([
  ['at the end of the delay', 0, [], null],
  ['a moment before it', -1, ['activeFromMs'], 'ActiveFromTooEarly'],
  ['thirty days behind it', 30 * DAY_MS, [], null],
  ['a moment later', 30 * DAY_MS + 1, ['activeFromMs'], 'ActiveFromTooLate'],
] as const)('%s: command and contract say the same', async (_, afterMs, paths, name) => {
  expect(pathsOf(proposal(afterMs))).toEqual(paths)
  expect(await refusalOf(proposal(afterMs))).toBe(name)
})

describe('rounds of a slower clock', () => {
  /** As many rounds as those before will have counted an hour after this time, and one more. */
  function slower(untilMs: number, handover: Handover): Handover {
    const { genesisMs, roundMs } = hub.box.clock
    const rounds = Math.floor((untilMs + 3_600_000 - genesisMs) / roundMs) + 1
    return { ...handover, roundMs: 1_000, genesisMs: handover.activeFromMs - rounds * 1_000 }
  }

  test('must rise until the proposal is void, or it could not be activated', async () => {
    const handover = proposal(0)
    const short = slower(handover.activeFromMs + 60_000, handover)
    expect(pathsOf(short)).toEqual(['genesisMs'])
    // Of the end of its two weeks it counts half as many more.
    const enough = slower(handover.activeFromMs + 14 * DAY_MS, handover)
    expect(pathsOf(enough)).toEqual([])

    // Its clock runs with the machine's otherwise, however slow that is.
    await hub.chain.at((terms.nowSeconds + 1) * 1_000)
    await sendCalldata(hub.chain, {
      to: hub.address,
      data: proposeCommitteeCall(proposalNow(short)),
    })
    await hub.chain.at(proposalNow(short).activeFromMs + 13 * DAY_MS)
    await hub.chain.mine()
    expect((await outcomeOf(hub, activateCall('owner')))?.name).toBe('RoundsNotRising')
  })

  /** A minute of room for the block in which it is sent. */
  function proposalNow(handover: Handover): Handover {
    return { ...handover, activeFromMs: handover.activeFromMs + 60_000 }
  }
})

test.each([
  ['no owner', { owner: zeroAddress }, 'contract'],
  [
    'another committee in office',
    { digest: bytesToHex(keccak_256(new Uint8Array(1))) },
    'contract',
  ],
  ['another number', { epoch: 2 }, 'epoch'],
] as const)('a contract with %s', (_, changed, path) => {
  const { nowSeconds } = terms
  expect(pathsOf(proposal(0), { ...terms, ...changed, nowSeconds })).toEqual([path])
})

test('where no hub stands, that is said', async () => {
  const read = readOwnerTerms(hub.chain.reader, OWNER)
  await expect(read).rejects.toMatchObject({ code: 'CONTRACT_MISSING' })
})
