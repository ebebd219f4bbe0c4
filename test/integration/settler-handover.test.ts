import type { Address } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { orderOf } from '../../aggregator/context.ts'
import { settlementRoundsOf } from '../../aggregator/delivery/settlement.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { Settler } from '../../node/chain/settler.ts'
import { Succession } from '../../node/chain/succession.ts'
import { valuesAt } from '../support/certificates.ts'
import { type HandedOver, startHandedOver } from '../support/handed-over.ts'
import { FUNDED_KEYS } from '../support/hardhat-node.ts'
import { openTarget, type TargetUnderTest } from './chain-support.ts'

/** One expiry is open at a time. */
const STEP_SECONDS = 3_600

let world: HandedOver
/** Time of the nodes and of the chain; nothing waits for it. */
let nowMs: number
let turnedMs: number
let opened: TargetUnderTest[]

beforeAll(async () => {
  world = await startHandedOver()
})
afterAll(() => world.chain.stop())

beforeEach(async () => {
  opened = []
  await world.rewind()
})
afterEach(async () => {
  for (const { target, remove } of opened) {
    await target.stop()
    await remove()
  }
})

async function turnTo(seconds: number): Promise<void> {
  nowMs = seconds * 1_000
  turnedMs = performance.now()
  await world.turnTo(seconds)
}

/** The member of one committee whose turn is the first, with the certificates of its own rounds. */
async function member(name: 'old' | 'next', expiry: number) {
  const { deployment, chain } = world
  const { context, certify } = world[name]
  const rounds = settlementRoundsOf(context.committee, expiry)
  if (rounds === null) throw new Error('the expiry lies behind the genesis')
  const isOfTerm = (expiry < world.switchSeconds ? 'old' : 'next') === name
  const own = isOfTerm ? certify(rounds.first, valuesAt(rounds.first, 2)).message : null
  const under = await openTarget(
    { committee: context.committee, contract: deployment.hub },
    {
      rpcUrls: [chain.url],
      config: { headAgeMsMax: 10_000_000_000 },
      clock: { nowMs: () => nowMs + Math.floor(performance.now() - turnedMs) },
      key: FUNDED_KEYS[name === 'old' ? 1 : 2],
      ...(name === 'next' && { predecessor: world.old.test.committee.digest }),
    },
  )
  opened.push(under)
  await under.target.start()
  const schedule = { stepSeconds: STEP_SECONDS, offsetSeconds: expiry % STEP_SECONDS }
  const contract = deployment.settlement.toLowerCase() as Address
  const settler = new Settler(
    {
      name: 'local',
      hub: deployment.hub,
      self: orderOf(context, rounds.first)[0] ?? 0,
      plans: [{ contract, feed: 1, schedule }],
    },
    {
      context,
      target: under.target,
      certificateOf: (round): Certificate | null => (round === own?.round ? own : null),
      clock: { nowMs: () => nowMs },
      log: under.log,
    },
  )
  const state = () =>
    settler.view().find(({ expirySeconds }) => expirySeconds === expiry)?.state ?? 'none'
  return {
    state,
    target: under.target,
    log: under.log,
    sent: () => under.events.filter(({ type }) => type === 'sent').length,
    look: async () => {
      await settler.look()
      return state()
    },
  }
}

type Member = Awaited<ReturnType<typeof member>>

const lookUntil = (settling: Member, state: string) =>
  expect.poll(settling.look, { interval: 20 }).toBe(state)

test('inside a hand-over the members of the old committee settle what expired before', async () => {
  const expiry = world.switchSeconds - 1
  await turnTo(world.switchSeconds)
  await world.activate()
  await turnTo(world.switchSeconds + 60)
  const [old, next] = [await member('old', expiry), await member('next', expiry)]
  expect(await next.look()).toBe('foreign')
  await lookUntil(old, 'final')
  expect([old.sent(), next.sent()]).toEqual([1, 0])
})

test('a node that has not heard of the switch settles, too', async () => {
  const expiry = world.switchSeconds - 1
  await turnTo(expiry)
  const old = await member('old', expiry)
  await turnTo(world.switchSeconds)
  await world.activate()
  expect(old.target.epoch).toBe(1)
  await lookUntil(old, 'final')
})

test('what expires at the switch is settled by the next, once it is in office', async () => {
  const expiry = world.switchSeconds
  await turnTo(expiry)
  const [old, next] = [await member('old', expiry), await member('next', expiry)]
  expect([await old.look(), await next.look()]).toEqual(['waiting', 'foreign'])
  await turnTo(expiry + 20)
  await world.activate()
  await next.target.standing()
  expect(await old.look()).toBe('foreign')
  await lookUntil(next, 'final')
  expect([old.sent(), next.sent()]).toEqual([0, 1])
})

test('the transaction that brings a committee into office is counted in the day', async () => {
  await turnTo(world.switchSeconds)
  const { target, log } = await member('next', world.switchSeconds)
  const counted: string[] = []
  const succession = new Succession(
    { name: 'local', hub: world.deployment.hub, self: 0 },
    {
      ...{ target, log, handover: () => null, clock: { nowMs: () => nowMs } },
      onBegun: () => undefined,
      onCall: (step, code) => counted.push(`${step} ${code}`),
    },
  )
  expect(target.spentWei()).toBe(0n)
  await succession.look()
  expect(succession.view()).toMatchObject({ step: 'activate' })
  await expect.poll(() => counted).toEqual(['activate OK'])
  await succession.look()
  expect(succession.view()).toBe(null)
  expect((await target.standing()).own?.epoch).toBe(2)
  expect(target.spentWei()).toBeGreaterThan(0n)
})

test('a switch that falls out of the chain does not keep the old committee from it', async () => {
  const expiry = world.switchSeconds - 1
  await turnTo(world.switchSeconds)
  const beforeSwitch = await world.chain.client().snapshot()
  await world.activate()
  await turnTo(world.switchSeconds + 60)
  const old = await member('old', expiry)
  expect((await old.target.standing()).epoch).toBe(2)
  await world.chain.client().revert({ id: beforeSwitch })
  await turnTo(world.switchSeconds + 70)
  await lookUntil(old, 'final')
  expect(old.sent()).toBe(1)
})

test('after two hand-overs nobody is heard: the alarm, and nothing is sent', async () => {
  const expiry = world.switchSeconds - 1
  await turnTo(world.switchSeconds)
  await world.activate()
  await world.announce(world.next, world.old, 3)
  await world.activate()
  await turnTo(expiry + 120)
  const old = await member('old', expiry)
  expect(await old.look()).toBe('missing')
  await turnTo(expiry + 601)
  expect(await old.look()).toBe('missed')
  expect(old.sent()).toBe(0)
})
