import { describe, expect, test } from 'vitest'
import {
  type Due,
  type DueNow,
  dueBySchedule,
  watchExpiries,
} from '../../../../node/cli/settle-watch.ts'
import { type Brought, NOT_BROUGHT } from '../../../../node/client/settle.ts'
import { OracleError } from '../../../../node/errors.ts'

const CONTRACT = '0x00000000000000000000000000000000000000aa'
const due = (expiry: number): Due => ({ contract: CONTRACT, feed: 'BTC/USD.twap', expiry })
const always =
  (...expiries: number[]): DueNow =>
  async () =>
    expiries.map(due)

const STANDS: Brought = { value: 7n, isFinal: true, ...NOT_BROUGHT }
const BROUGHT: Brought = {
  ...{ value: 7n, isFinal: true, round: 9, missing: 0 },
  transaction: { hash: '0x01' },
}
const failure = (code: string) => new OracleError(code, code)

type Answer = Brought | OracleError

/** Looks as often as there are answers: in each look one for each expiry, by its order. */
async function watch(watched: readonly DueNow[], looks: readonly (readonly Answer[])[]) {
  const stopping = new AbortController()
  const said: string[] = []
  const told: string[] = []
  let look = 0
  let answered = 0
  await watchExpiries(watched, {
    settle: async () => {
      const answer = looks[look]?.[answered++]
      if (answer === undefined) throw new Error('it settles more than the story has')
      if (answer instanceof OracleError) throw answer
      return answer
    },
    say: ({ expiry }, { transaction }) => said.push(`${expiry} ${transaction?.hash ?? 'stood'}`),
    stderr: { write: (text) => told.push(text.split(':')[0] ?? '') },
    signal: stopping.signal,
    moments: async () => [0],
    pause: async () => {
      look += 1
      answered = 0
      if (look === looks.length) stopping.abort()
    },
  })
  return { said, told }
}

describe('a watch', () => {
  test('says once what stands, and each price that it brought', async () => {
    const looks = [
      [BROUGHT, STANDS],
      [STANDS, STANDS],
    ]
    expect((await watch([always(1, 2)], looks)).said).toEqual(['1 0x01', '2 stood'])
  })

  test('looks again at what is final: after a block was taken back it brings it again', async () => {
    const open: Brought = { ...STANDS, isFinal: false }
    const { said } = await watch([always(1)], [[BROUGHT], [open], [BROUGHT], [STANDS]])
    expect(said).toEqual(['1 0x01', '1 0x01'])
  })

  test('tells once what is in the way of each expiry, and goes on with the others', async () => {
    const early = failure('SETTLEMENT_UNCERTIFIED')
    const busy = failure('GATEWAY_REFUSED')
    const looks = [
      [early, busy, BROUGHT],
      [early, busy, STANDS],
      [busy, STANDS, STANDS],
    ]
    const { said, told } = await watch([always(1, 2, 3)], looks)
    expect(told).toEqual(['SETTLEMENT_UNCERTIFIED', 'GATEWAY_REFUSED', 'GATEWAY_REFUSED'])
    expect(said).toEqual(['3 0x01', '2 stood'])
  })

  test.each(['CERTIFICATE_FORGED', 'REPORT_NOT_ASKED_FOR', 'GATEWAY_CONTRADICTS'])(
    'is not ended by a gateway that lies (%s)',
    async (code) => {
      const { said, told } = await watch([always(1)], [[failure(code)], [BROUGHT]])
      expect([said, told]).toEqual([['1 0x01'], [code]])
    },
  )

  test('goes on with a schedule while a market cannot be asked', async () => {
    const away: DueNow = () => Promise.reject(failure('SUBMIT_FAILED'))
    const { said, told } = await watch([away, always(1)], [[BROUGHT], [STANDS]])
    expect([said, told]).toEqual([['1 0x01'], ['SUBMIT_FAILED']])
  })

  test('goes on with the others while one waits for its block, and never sends it twice', async () => {
    const stopping = new AbortController()
    const said: string[] = []
    const asked: number[] = []
    let mine: (brought: Brought) => void = () => undefined
    const looks = [() => undefined, () => mine(BROUGHT), () => stopping.abort()]
    await watchExpiries([always(1, 2)], {
      settle: ({ expiry }, onSent) => {
        asked.push(expiry)
        if (expiry === 2 || asked.length > 3) return Promise.resolve(STANDS)
        onSent()
        return new Promise((resolve) => {
          mine = resolve
        })
      },
      say: ({ expiry }, { transaction }) => said.push(`${expiry} ${transaction?.hash ?? 'stood'}`),
      stderr: { write: () => undefined },
      signal: stopping.signal,
      moments: async () => [0],
      pause: async () => {
        looks.shift()?.()
        await new Promise((resolve) => setImmediate(resolve))
      },
    })
    expect(asked).toEqual([1, 2, 2, 1, 2])
    expect(said).toEqual(['2 stood', '1 0x01'])
  })

  test('looks by every time that it may be: of a schedule each expiry once', async () => {
    const schedule = { stepSeconds: 600, offsetSeconds: 0 }
    const dueNow = dueBySchedule({ contract: CONTRACT, feed: 'BTC/USD.twap' }, schedule)
    const moments = [601_000, 604_000, 3_601_000]
    expect((await dueNow(moments)).map(({ expiry }) => expiry)).toEqual([600, 3_600])
  })

  test('ends with what another look would not mend', async () => {
    await expect(watch([always(1)], [[failure('FEED_UNKNOWN')]])).rejects.toMatchObject({
      code: 'FEED_UNKNOWN',
    })
  })
})
