import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePorts } from '../../../../node/devnet/wait.ts'

test('ports are no near ends of connections, free, and never given twice', async () => {
  const [first = 0] = await freePorts(1)
  const taken = createServer().listen(first + 2, '127.0.0.1')
  await once(taken, 'listening')
  const next = await freePorts(3)
  taken.close()
  expect(new Set([first, ...next]).size).toBe(4)
  expect(next).not.toContain(first + 2)
  for (const port of next) {
    expect(port).toBeGreaterThanOrEqual(10_240)
    expect(port).toBeLessThan(32_768)
  }
})

test('more than there are is refused', async () => {
  await expect(freePorts(30_000)).rejects.toMatchObject({ code: 'DEVNET_NO_PORTS' })
})
