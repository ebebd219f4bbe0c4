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

  describe('of what is late', () => {
    const EXPIRY = 1_790_323_200
    const minutesAfter = (minutes: number) => (EXPIRY + minutes * 60) * 1_000

    /** Looks once at each of these minutes after the expiry; how the n-th attempt ends. */
    async function watchLate(minutes: readonly number[], answers: readonly Answer[]) {
      const stopping = new AbortController()
      const attempts: number[] = []
      const said: string[] = []
      const told: string[] = []
      let look = 0
      await watchExpiries([always(EXPIRY)], {
        settle: async () => {
          attempts.push(minutes[look] ?? 0)
          const answer = answers[attempts.length - 1]
          if (answer instanceof OracleError || answer === undefined) throw answer
          return answer
        },
        say: (_due, { transaction }) => said.push(transaction?.hash ?? 'stood'),
        stderr: { write: (text) => told.push(text.split(':')[0] ?? '') },
        signal: stopping.signal,
        moments: async () => [minutesAfter(minutes[look] ?? 0)],
        pause: async () => {
          await new Promise((resolve) => setImmediate(resolve))
          look += 1
          if (look === minutes.length) stopping.abort()
        },
      })
      return { attempts, said, told }
    }

    test('tries again an eighth of its age later, until it has a price', async () => {
      const none = failure('SETTLEMENT_UNCERTIFIED')
      const minutes = [11, 12, 13, 60, 67, 68, 90]
      const { attempts, said } = await watchLate(minutes, [none, none, none, BROUGHT])
      expect(attempts).toEqual([11, 13, 60, 68])
      expect(said).toEqual(['0x01'])
    })

    test('tries at once when endpoints answer again', async () => {
      const { attempts } = await watchLate([60, 61, 62], [failure('RPC_ALL_FAILED'), BROUGHT])
      expect(attempts).toEqual([60, 61])
    })

    test('says nothing of a price that stands since long', async () => {
      const { attempts, said } = await watchLate([60, 90], [STANDS])
      expect([attempts, said]).toEqual([[60], []])
    })

    test('tells what is in the way of one that it saw in its window, and is ended by none', async () => {
      const missing = failure('SETTLEMENT_UNCERTIFIED')
      const foreign = failure('FEED_UNKNOWN')
      expect(await watchLate([9, 11, 60], [missing, missing, foreign])).toMatchObject({
        told: ['SETTLEMENT_UNCERTIFIED', 'FEED_UNKNOWN'],
      })
      expect(await watchLate([11, 60], [missing, foreign])).toMatchObject({ told: [] })
    })

    test('of a schedule takes the newest, and beyond them none', async () => {
      const schedule = { stepSeconds: 3_600, offsetSeconds: 0 }
      const dueNow = dueBySchedule({ contract: CONTRACT, feed: 'BTC/USD.twap' }, schedule)
      const found = (await dueNow([minutesAfter(5)])).map(({ expiry }) => expiry)
      expect(found).toHaveLength(65)
      expect(found.slice(0, 3)).toEqual([EXPIRY, EXPIRY - 3_600, EXPIRY - 7_200])
    })

    test('never waits for it with what is due', async () => {
      const stopping = new AbortController()
      const asked: number[] = []
      const now = EXPIRY + 3_600
      await watchExpiries([always(EXPIRY, now)], {
        settle: ({ expiry }) => {
          asked.push(expiry)
          if (expiry === now) return Promise.resolve(STANDS)
          return new Promise((resolve) => {
            stopping.signal.addEventListener('abort', () => resolve(STANDS))
          })
        },
        say: () => undefined,
        stderr: { write: () => undefined },
        signal: stopping.signal,
        moments: async () => [now * 1_000],
        pause: async () => {
          if (asked.length >= 4) stopping.abort()
        },
      })
      expect(asked).toEqual([now, EXPIRY, now, now])
    })
  })

  test('ends with what another look would not mend', async () => {
    await expect(watch([always(1)], [[failure('FEED_UNKNOWN')]])).rejects.toMatchObject({
      code: 'FEED_UNKNOWN',
    })
  })
})
