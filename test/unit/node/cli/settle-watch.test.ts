import { describe, expect, test } from 'vitest'
import { type Due, type DueNow, watchExpiries } from '../../../../node/cli/settle-watch.ts'
import type { Settled } from '../../../../node/client/settle.ts'
import { OracleError } from '../../../../node/errors.ts'

const CONTRACT = '0x00000000000000000000000000000000000000aa'
const due = (expiry: number): Due => ({ contract: CONTRACT, feed: 'BTC/USD.twap', expiry })
const always =
  (...expiries: number[]): DueNow =>
  async () =>
    expiries.map(due)

const STANDS: Settled = { value: 7n, isFinal: true, round: null, transaction: null }
const BROUGHT: Settled = {
  ...{ value: 7n, isFinal: true, round: 9 },
  transaction: { hash: '0x01', blockNumber: 1n, gasUsed: 1n },
}
const failure = (code: string) => new OracleError(code, code)

type Answer = Settled | OracleError

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
    nowMs: () => 0,
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
    const open: Settled = { ...STANDS, isFinal: false }
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

  test('ends with what another look would not mend', async () => {
    await expect(watch([always(1)], [[failure('FEED_UNKNOWN')]])).rejects.toMatchObject({
      code: 'FEED_UNKNOWN',
    })
  })
})
