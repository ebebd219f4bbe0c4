import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { historyInTurn, READS_WAITING_MAX } from '../../../../node/compose/history-in-turn.ts'
import { openStore } from '../../../../node/compose/store.ts'
import { SILENT_LOG } from '../../../../node/logging.ts'
import { certifier } from '../../../support/certificates.ts'

const asked = (from: number) => ({ from, to: from, limit: 1 })

/** A past whose reads are let through by hand; a read of round 0 fails. */
function past() {
  const held: (() => void)[] = []
  const reads: number[] = []
  const history = historyInTurn(
    ({ from }) => {
      if (from === 0) throw new Error('the disk is gone')
      reads.push(from)
      return [{ round: from, receivedMs: 5, bytes: new Uint8Array(1) }]
    },
    (work) => void held.push(work),
  )
  return { held, reads, history }
}

test('given several ask, then one is read at a time, in their order', async () => {
  const { held, reads, history } = past()
  const answers = [1, 2, 3].map((round) => history(asked(round)))
  for (const round of [1, 2, 3]) {
    expect(held).toHaveLength(1)
    held.shift()?.()
    expect(reads.at(-1)).toBe(round)
    expect(held).toEqual([])
    await setImmediate()
  }
  expect((await Promise.all(answers)).flat().map(({ round }) => round)).toEqual([1, 2, 3])
  expect(held).toEqual([])
})

test('given as many wait as may, then whoever asks next is refused, until one was read', async () => {
  const { held, reads, history } = past()
  const answers = Array.from({ length: 1 + READS_WAITING_MAX }, () => history(asked(1)))
  await expect(history(asked(2))).rejects.toMatchObject({ code: 'HISTORY_BUSY' })
  held.shift()?.()
  await setImmediate()
  answers.push(history(asked(3)))
  while (held.length > 0) {
    held.shift()?.()
    await setImmediate()
  }
  await Promise.all(answers)
  expect(reads).toEqual([...Array.from({ length: 1 + READS_WAITING_MAX }, () => 1), 3])
})

test('given a read fails, then whoever asked learns it, and the next is read', async () => {
  const { held, history } = past()
  const [failing, good] = [history(asked(0)), history(asked(1))]
  held.shift()?.()
  await expect(failing).rejects.toThrow('the disk is gone')
  await setImmediate()
  held.shift()?.()
  expect(await good).toHaveLength(1)
})

test('the journal of a node is read so', () => {
  const held: (() => void)[] = []
  const { committee } = certifier().context
  const kept = { dataDirectory: '/nowhere', startedMs: 0, committee, self: 0 }
  const later = (work: () => void) => void held.push(work)
  const { history } = openStore(kept, { nowMs: () => 0, log: SILENT_LOG, later })
  for (const round of [1, 2, 3]) history(asked(round)).catch(() => undefined)
  expect(held).toHaveLength(1)
})
