import { createPublicClient, createWalletClient, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ParallaxClient } from '../../node/client/client.ts'
import { settleExpiry } from '../../node/client/settle.ts'
import { codeOf, OracleError } from '../../node/errors.ts'
import { type Certifier, valuesAt } from '../support/certificates.ts'
import { startTestGateway, type TestGateway } from '../support/gateways.ts'
import { type HandedOver, startHandedOver } from '../support/handed-over.ts'
import { FUNDED_KEYS } from '../support/hardhat-node.ts'

/** The average: what markets settle on. */
const FEED = 1
/** How long the hub hears the committee before, after the switch. */
const OVERLAP_SECONDS = 3_600

let world: HandedOver
let nowSeconds: number
let gateways: Record<'old' | 'next', TestGateway>

beforeAll(async () => {
  world = await startHandedOver()
})
afterAll(() => world.chain.stop())

beforeEach(async () => {
  await world.rewind()
  const nowMs = () => nowSeconds * 1_000
  gateways = {
    old: await startTestGateway(world.old.context, nowMs, 1),
    next: await startTestGateway(world.next.context, nowMs, 2),
  }
})
afterEach(async () => {
  for (const gateway of Object.values(gateways)) await gateway.stop()
})

async function turnTo(seconds: number): Promise<void> {
  nowSeconds = seconds
  await world.turnTo(seconds)
}

const markOf = (by: Certifier) => BigInt(by.context.committee.size * 10)
const valueBy = (by: Certifier, round: number) => BigInt(round * 1_000 + FEED) + markOf(by)

/** What the two committees certify from a second on: each the rounds of its own term. */
function certify(fromSeconds: number, rounds = 4): void {
  const first = world.roundAt(fromSeconds)
  const last = world.roundAt(world.switchSeconds) - 1
  for (let round = first; round < first + rounds; round++) {
    const name = round <= last ? 'old' : 'next'
    gateways[name].shelf.add(certified(world[name], round))
  }
}

function certified(by: Certifier, round: number) {
  const feeds = valuesAt(round, 2).map((feed) => ({ ...feed, value: feed.value + markOf(by) }))
  return by.certify(round, feeds)
}

/** The price that a committee's round of an expiry brings: it tells both. */
function priceOf(by: 'old' | 'next', expiry: number) {
  const round = world.roundAt(expiry)
  return { value: valueBy(world[by], round), isFinal: true, round }
}

/** What comes of a settlement by a client of each of these committees. */
async function settleBy(names: readonly ('old' | 'next')[], expiry: number) {
  const clients = names.map(
    (name) =>
      new ParallaxClient({
        url: gateways[name].url,
        committee: world[name].file,
        nowMs: () => nowSeconds * 1_000,
      }),
  )
  const transport = http(world.chain.url)
  try {
    return await settleExpiry(clients, {
      contract: world.deployment.settlement,
      publicClient: createPublicClient({ transport, pollingInterval: 20 }),
      walletClient: createWalletClient({ account: privateKeyToAccount(FUNDED_KEYS[1]), transport }),
      feed: 'F1/USD',
      expiry,
    })
  } catch (error) {
    const reason = error instanceof OracleError ? error.context.reason : undefined
    return `${codeOf(error)} ${reason ?? ''}`.trim()
  } finally {
    for (const client of clients) await client.close()
  }
}

const GONE = 'SUBMIT_REFUSED CommitteeExpired'
const FOREIGN = 'SETTLEMENT_OF_OTHER_COMMITTEE'
const UNACTIVATED = 'SETTLEMENT_UNACTIVATED'
const SWITCH = 0
const PRICE = 'price'

// When it expires, in seconds from the switch; when it is delivered, in seconds from the expiry;
// what comes of it by the client of the old committee, and by that of the next.
test.each([
  ['before the switch', -60, 'before the switch', 1, PRICE, FOREIGN],
  ['before the switch', -60, 'within the overlap', 120, PRICE, FOREIGN],
  ['before the switch', -60, 'late in its window', 540, PRICE, FOREIGN],
  ['before the switch', -60, 'after its window', 601, PRICE, FOREIGN],
  ['before the switch', -60, 'after the overlap', OVERLAP_SECONDS + 120, GONE, FOREIGN],
  ['at the switch', SWITCH, 'within the overlap', 120, FOREIGN, PRICE],
  ['at the switch', SWITCH, 'late in its window', 540, FOREIGN, PRICE],
  ['at the switch', SWITCH, 'after its window', 601, FOREIGN, PRICE],
  ['at the switch', SWITCH, 'after the overlap', OVERLAP_SECONDS + 120, FOREIGN, PRICE],
  ['after the switch', 60, 'within the overlap', 1, FOREIGN, PRICE],
  ['after the switch', 60, 'after its window', 601, FOREIGN, PRICE],
  ['after the overlap', OVERLAP_SECONDS + 60, 'within its window', 1, FOREIGN, PRICE],
] as const)('an expiry %s (%i s), delivered %s (%i s): %s, %s', async (...row) => {
  const [, sinceSwitch, , afterExpiry, byOld, byNext] = row
  const expiry = world.switchSeconds + sinceSwitch
  certify(expiry)
  if (sinceSwitch + afterExpiry > SWITCH) {
    await turnTo(world.switchSeconds)
    await world.activate()
  }
  await turnTo(expiry + afterExpiry)
  // Who cannot settle asks first: what is final is told to anybody.
  const [right, foreign] =
    sinceSwitch < SWITCH ? (['old', 'next'] as const) : (['next', 'old'] as const)
  const refused = await settleBy([foreign], expiry)
  const settled = await settleBy([right], expiry)
  expect(refused).toBe(right === 'old' ? byNext : byOld)
  const wanted = right === 'old' ? byOld : byNext
  const price = { ...priceOf(right, expiry), missing: 0, transaction: expect.anything() }
  expect(settled).toEqual(wanted === PRICE ? price : wanted)
})

test('after the window no round but that of the expiry settles', async () => {
  const expiry = world.switchSeconds - 60
  certify(expiry + 1)
  await turnTo(expiry + 601)
  expect(await settleBy(['old'], expiry)).toBe('SETTLEMENT_UNCERTIFIED')
})

test('a keeper that knows both committees settles on either side of the switch', async () => {
  const expiries = [-1, SWITCH].map((since) => world.switchSeconds + since)
  for (const expiry of expiries) certify(expiry)
  await turnTo(world.switchSeconds)
  await world.activate()
  await turnTo(world.switchSeconds + 30)
  const [before, after] = expiries as [number, number]
  expect(await settleBy(['old', 'next'], before)).toMatchObject(priceOf('old', before))
  expect(await settleBy(['old', 'next'], after)).toMatchObject(priceOf('next', after))
})

test('a gateway that was started again inside the window has what settles, and says what not', async () => {
  const expiry = world.switchSeconds - 600
  const [first, last] = [world.roundAt(expiry), world.roundAt(expiry + 500)]
  certify(expiry + 500)
  await turnTo(expiry + 510)
  const missing = last - first
  expect(await settleBy(['old'], expiry)).toEqual({
    ...{ value: valueBy(world.old, last), isFinal: false, round: last, missing },
    transaction: expect.anything(),
  })
  // Somebody else still had the round of the expiry.
  gateways.old.shelf.add(certified(world.old, first))
  expect(await settleBy(['old'], expiry)).toMatchObject({ ...priceOf('old', expiry), missing: 0 })
})

test('a gateway that was given the wrong number of its committee does no harm', async () => {
  const expiry = world.switchSeconds
  await gateways.next.stop()
  gateways.next = await startTestGateway(world.next.context, () => nowSeconds * 1_000, 1)
  certify(expiry)
  await turnTo(expiry)
  await world.activate()
  await turnTo(expiry + 30)
  expect(await settleBy(['next'], expiry)).toMatchObject(priceOf('next', expiry))
})

describe('a hand-over that nobody activates', () => {
  test.each([0, 60])('holds up an expiry %i s after the switch, and says so', async (after) => {
    const expiry = world.switchSeconds + after
    certify(expiry)
    await turnTo(expiry + 590)
    for (const who of ['old', 'next'] as const) {
      expect(await settleBy([who], expiry)).toBe(UNACTIVATED)
    }
    await world.activate()
    expect(await settleBy(['next'], expiry)).toMatchObject(priceOf('next', expiry))
  })

  test('holds up nothing that expired before the switch', async () => {
    const expiry = world.switchSeconds - 1
    certify(expiry)
    await turnTo(world.switchSeconds + 300)
    expect(await settleBy(['old'], expiry)).toMatchObject(priceOf('old', expiry))
  })
})

test('two hand-overs inside a window leave the expiry before both to nobody', async () => {
  const expiry = world.switchSeconds - 60
  certify(expiry)
  await turnTo(world.switchSeconds)
  await world.activate()
  await world.announce(world.next, world.old, 3)
  await world.activate()
  await turnTo(world.switchSeconds + 120)
  expect(await settleBy(['old', 'next'], expiry)).toBe('SUBMIT_REFUSED CommitteeGone')
})
