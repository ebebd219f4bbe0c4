import { expect, test } from 'vitest'
import { eventData } from '../../../../node/client/events.ts'

async function read(chunks: readonly string[]): Promise<string[]> {
  async function* stream() {
    yield* chunks
  }
  const data: string[] = []
  for await (const each of eventData(stream())) data.push(each)
  return data
}

const CERTIFICATE = 'event: certificate\nid: 7\ndata: {"a":1}\n\n'
const STREAM = `retry: ${2_000}\n\n${CERTIFICATE}:\n\nid: 8\ndata: {}\n\n`

test('events are read wherever the chunks are cut', async () => {
  const whole = ['{"a":1}', '{}']
  expect(await read([STREAM])).toEqual(whole)
  expect(await read([...STREAM])).toEqual(whole)
  for (let cut = 1; cut < STREAM.length; cut++) {
    expect(await read([STREAM.slice(0, cut), STREAM.slice(cut)])).toEqual(whole)
  }
})

test('an event that does not end is not waited for without bound', async () => {
  const endless = Array.from({ length: 40 }, () => 'x'.repeat(65_536))
  await expect(read(endless)).rejects.toMatchObject({ code: 'GATEWAY_ANSWER_INVALID' })
})

test('an event of lines without end is not waited for either', async () => {
  const endless = Array.from({ length: 40 }, () => `id: ${'x'.repeat(65_536)}\n`)
  await expect(read(endless)).rejects.toMatchObject({ code: 'GATEWAY_ANSWER_INVALID' })
})

// What looks at all that came before with each piece would look at 10^11 characters here.
test('a long event that comes in small pieces is read as one that comes at once', async () => {
  const data = 'x'.repeat(1_500_000)
  const stream = `data: ${data}\n\n`
  expect(await read(stream.match(/.{1,8}|\n/g) ?? [])).toEqual([data])
})

test('an event that was cut off at the end is dropped', async () => {
  expect(await read(['data: {}\n\ndata: {"half'])).toEqual(['{}'])
})
