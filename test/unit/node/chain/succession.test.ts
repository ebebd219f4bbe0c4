import { beforeEach, describe, expect, test } from 'vitest'
import type { SignedHandover } from '../../../../aggregator/handover/handover.ts'
import type { Call, CallEnd } from '../../../../node/chain/calls.ts'
import type { Standing } from '../../../../node/chain/chain.ts'
import { activateCall } from '../../../../node/chain/handover-calls.ts'
import { Succession } from '../../../../node/chain/succession.ts'
import { OracleError } from '../../../../node/errors.ts'
import { createLog } from '../../../../node/logging.ts'
import { certifier } from '../../../support/certificates.ts'

const HUB = '0x00000000000000000000000000000000000000fe'
const SWITCH_MS = 1_790_000_000_000

const { committee } = certifier().test
const SIGNED: SignedHandover = {
  handover: {
    ...{ epoch: 2, committeeDigest: committee.digest, publicKey: committee.groupKey.publicKey },
    ...{ activeFromMs: SWITCH_MS, genesisMs: 0, roundMs: 500, includeMs: 60, clockSkewMsMax: 5 },
  },
  // A point of the curve, and a number: what is signed is nobody's business here.
  signature: new Uint8Array([...committee.groupKey.publicKey, ...new Uint8Array(32).fill(1)]),
}

const BEFORE: Standing = {
  ...{ epoch: 1, own: null, inOffice: { digest: '0x01' }, isFirstClock: true },
  announced: { committee: null, owner: null },
}
const ANNOUNCED: Standing = {
  ...BEFORE,
  announced: { committee: SWITCH_MS / 1_000, owner: null },
}
const IN_OFFICE: Standing = { ...BEFORE, epoch: 2, own: { epoch: 2, fromMs: 0 } }

let nowMs: number
let standing: Standing
/** What looking at the contract fails with. */
let outage: Error | null
/** How the next calls end; without one left they wait. */
let ends: CallEnd[]
let calls: Call[]
let counted: string[]
let lines: string[]

beforeEach(() => {
  nowMs = SWITCH_MS
  standing = ANNOUNCED
  outage = null
  ends = []
  calls = []
  counted = []
  lines = []
})

const MINED: CallEnd = { outcome: 'mined', hash: '0x01', gasUsed: 1n }
const failed = (code: 'TRANSMIT_FEE_OVER_CAP' | 'TRANSMIT_REVERTED', detail = ''): CallEnd => ({
  ...{ outcome: 'failed', code, detail },
})

function member(self: number): Succession {
  const log = createLog({ level: 'info', format: 'json' }, { write: (line) => lines.push(line) })
  return new Succession(
    { name: 'local', hub: HUB, self },
    {
      target: {
        standing: async () => {
          if (outage !== null) throw outage
          return standing
        },
        call: (call) => {
          calls.push(call)
          const end = ends.shift()
          return end === undefined ? new Promise(() => undefined) : Promise.resolve(end)
        },
      },
      handover: () => SIGNED,
      clock: { nowMs: () => nowMs },
      log,
      onBegun: () => undefined,
      onCall: (step, code) => counted.push(`${step} ${code}`),
    },
  )
}

/** Looks, and lets whatever was sent end. */
async function look(succession: Succession, afterMs = 0): Promise<void> {
  nowMs += afterMs
  await succession.look()
  await new Promise((resolve) => setImmediate(resolve))
}

const told = (event: string) => lines.filter((line) => line.includes(`"${event}"`)).length

describe('a committee that comes into office', () => {
  test('is announced, then activated, by transactions that are counted', async () => {
    const first = member(0)
    standing = BEFORE
    ends = [MINED, MINED]
    await look(first)
    standing = ANNOUNCED
    await look(first, 250)
    expect(calls).toEqual([
      { to: HUB, data: expect.stringMatching(/^0x/), purpose: 'handover' },
      { to: HUB, data: activateCall('committee'), purpose: 'handover' },
    ])
    expect(counted).toEqual(['announce OK', 'activate OK'])
    standing = IN_OFFICE
    await look(first, 250)
    expect(first.view()).toBe(null)
  })

  test('is waited for in turns, and never sent twice at once', async () => {
    const third = member(2)
    await look(third)
    await look(third, 1_999)
    expect(calls).toHaveLength(0)
    await look(third, 1)
    await look(third, 30_000)
    expect(calls).toHaveLength(1)
  })
})

describe('what is in the way', () => {
  test('is told once and shown, and tried again', async () => {
    const first = member(0)
    ends = [failed('TRANSMIT_FEE_OVER_CAP'), failed('TRANSMIT_FEE_OVER_CAP'), MINED]
    await look(first)
    await look(first, 4_999)
    expect(calls).toHaveLength(1)
    await look(first, 1)
    await look(first, 5_000)
    expect(counted).toEqual([
      ...['activate TRANSMIT_FEE_OVER_CAP', 'activate TRANSMIT_FEE_OVER_CAP', 'activate OK'],
    ])
    expect(told('succession.failed')).toBe(1)
    const fault = 'TRANSMIT_FEE_OVER_CAP'
    expect(first.view()).toMatchObject({ step: 'activate', isOverdue: false, fault })
  })

  test('for a minute raises the alarm, once', async () => {
    const first = member(0)
    ends = [failed('TRANSMIT_FEE_OVER_CAP')]
    await look(first)
    await look(first, 59_999)
    expect(first.view()?.isOverdue).toBe(false)
    await look(first, 1)
    expect(first.view()?.isOverdue).toBe(true)
    await look(first, 10_000)
    expect(told('succession.overdue')).toBe(1)
    expect(lines.find((line) => line.includes('overdue'))).toContain('HANDOVER_OVERDUE')
    standing = IN_OFFICE
    await look(first)
    expect(first.view()).toBe(null)
  })

  test('raises the alarm although nobody can be asked, and names that', async () => {
    const first = member(0)
    await look(first)
    outage = new OracleError('RPC_NONE_USABLE', 'nobody answers')
    await look(first, 59_999)
    expect(first.view()).toMatchObject({ isOverdue: false, fault: 'RPC_NONE_USABLE' })
    await look(first, 1)
    await look(first, 250)
    expect(first.view()).toMatchObject({ isOverdue: true, fault: 'RPC_NONE_USABLE' })
    expect(told('succession.overdue')).toBe(1)
    expect(lines.find((line) => line.includes('overdue'))).toContain('RPC_NONE_USABLE')
    outage = null
    await look(first, 250)
    expect(first.view()).toMatchObject({ isOverdue: true, fault: null })
  })

  test('is shown by a node that was started again long after the moment', async () => {
    nowMs = SWITCH_MS + 600_000
    const restarted = member(1)
    await look(restarted)
    expect(restarted.view()).toMatchObject({ isOverdue: true, sinceMs: SWITCH_MS })
    // Its turn counts from its start all the same: others may be faster.
    expect(calls).toHaveLength(0)
    await look(restarted, 1_000)
    expect(calls).toHaveLength(1)
  })

  test.each([
    ['a minute and more after the switch', 60_000, true],
    ['before that', 59_999, false],
    ['a day after it, when it may be in office for long', 86_400_001, undefined],
  ])('is shown by one that is blind since its start, %s', async (_, sinceMs, isOverdue) => {
    nowMs = SWITCH_MS + sinceMs
    outage = new OracleError('RPC_NONE_USABLE', 'nobody answers')
    const restarted = member(0)
    await look(restarted)
    expect(restarted.view()?.isOverdue).toBe(isOverdue)
    expect(calls).toHaveLength(0)
    outage = null
    standing = IN_OFFICE
    await look(restarted)
    expect(restarted.view()).toBe(null)
    outage = new OracleError('RPC_NONE_USABLE', 'nobody answers')
    await look(restarted)
    expect(restarted.view()).toBe(null)
  })

  test('is nothing when the block is older than the switch: it is sent again', async () => {
    const first = member(0)
    ends = [failed('TRANSMIT_REVERTED', 'HandoverTooEarly'), MINED]
    await look(first)
    await look(first, 250)
    expect(calls).toHaveLength(2)
    expect([told('succession.failed'), first.view()?.fault]).toEqual([0, null])
  })

  test('is nothing when another member was faster', async () => {
    const first = member(0)
    ends = [failed('TRANSMIT_REVERTED', 'HandoverMissing')]
    await look(first)
    expect(told('succession.failed')).toBe(0)
  })
})

describe('a proposal of the owner', () => {
  const FORTNIGHT_MS = 14 * 86_400_000
  const PROPOSED: Standing = {
    ...BEFORE,
    ...{ epoch: 5, announced: { committee: null, owner: SWITCH_MS / 1_000 } },
  }

  test('is activated and, where that does not come about, overdue until it is void', async () => {
    standing = PROPOSED
    const first = member(0)
    await look(first)
    expect(calls).toEqual([{ to: HUB, data: activateCall('owner'), purpose: 'handover' }])
    await look(first, FORTNIGHT_MS)
    expect(first.view()).toMatchObject({ step: 'activate', isOverdue: true })
    await look(first, 1_000)
    expect(first.view()).toBe(null)
  })

  test('that was void before the start is neither sent nor an alarm, and is not waited for', async () => {
    standing = PROPOSED
    nowMs = SWITCH_MS + FORTNIGHT_MS + 1_000
    const restarted = member(0)
    expect(await restarted.look()).toBe(false)
    expect([calls, restarted.view(), told('succession.overdue')]).toEqual([[], null, 0])
  })

  test('becomes void while no endpoint answers, too', async () => {
    standing = PROPOSED
    const first = member(0)
    await look(first)
    outage = new OracleError('RPC_NONE_USABLE', 'nobody answers')
    await look(first, FORTNIGHT_MS + 1_000)
    expect(first.view()).toBe(null)
  })

  test('that is void leaves a signed hand-over to be announced', async () => {
    standing = { ...PROPOSED, epoch: 1 }
    nowMs = SWITCH_MS + FORTNIGHT_MS + 1_000
    const first = member(0)
    await look(first)
    expect(first.view()).toMatchObject({ step: 'announce' })
  })
})
