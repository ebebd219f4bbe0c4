import { expect, test } from 'vitest'
import { type Startable, startAll } from '../../../node/lifecycle.ts'

/** A part that writes down what happens to it. */
class Part implements Startable {
  readonly name: string
  readonly diary: string[]
  failsAt: 'start' | 'stop' | 'never' = 'never'

  constructor(name: string, diary: string[]) {
    this.name = name
    this.diary = diary
  }

  async start(): Promise<void> {
    this.diary.push(`+${this.name}`)
    if (this.failsAt === 'start') throw new Error(`${this.name} broke`)
  }

  async stop(): Promise<void> {
    this.diary.push(`-${this.name}`)
    if (this.failsAt === 'stop') throw new Error(`${this.name} stuck`)
  }
}

function parts(...names: string[]) {
  const diary: string[] = []
  return { diary, list: names.map((name) => new Part(name, diary)) }
}

test('startAll starts in order and stops in reverse, once', async () => {
  const { diary, list } = parts('store', 'gossip', 'driver')
  const running = await startAll(list)
  await Promise.all([running.stop(), running.stop()])
  expect(diary).toEqual(['+store', '+gossip', '+driver', '-driver', '-gossip', '-store'])
})

test('startAll stops at the end of a scope that disposes it', async () => {
  const { diary, list } = parts('store')
  {
    await using _running = await startAll(list)
  }
  expect(diary).toEqual(['+store', '-store'])
})

test('startAll gives back what a failed start already took', async () => {
  const { diary, list } = parts('store', 'gossip', 'driver')
  const gossip = list[1] as Part
  gossip.failsAt = 'start'
  await expect(startAll(list)).rejects.toThrow('gossip broke')
  expect(diary).toEqual(['+store', '+gossip', '-gossip', '-store'])
})

test('startAll with an aborted signal starts nothing', async () => {
  const { diary, list } = parts('store')
  const reason = new Error('enough')
  await expect(startAll(list, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(diary).toEqual([])
})

test('stop reaches every part and then names the one that failed', async () => {
  const { diary, list } = parts('store', 'gossip')
  const gossip = list[1] as Part
  gossip.failsAt = 'stop'
  const running = await startAll(list)
  await expect(running.stop()).rejects.toMatchObject({
    code: 'STOP_FAILED',
    context: { parts: 'gossip' },
  })
  expect(diary).toEqual(['+store', '+gossip', '-gossip', '-store'])
})

test('stop gives up on a part that hangs and names it', async () => {
  const { list } = parts('store')
  const hanging: Startable = {
    name: 'gossip',
    start: async () => undefined,
    stop: () => new Promise(() => undefined),
  }
  const running = await startAll([...list, hanging], { stopTimeoutMs: 20 })
  await expect(running.stop()).rejects.toMatchObject({ code: 'STOP_FAILED' })
})
