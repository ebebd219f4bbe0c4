import { setImmediate } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { createMetrics } from '../../node/api/metrics.ts'
import { NODE_ROUTES } from '../../node/api/openapi.ts'
import { ApiServer } from '../../node/api/server.ts'
import { historyInTurn, READS_WAITING_MAX } from '../../node/compose/history-in-turn.ts'
import { HISTORY_BYTES_MAX, type History } from '../../node/gateway/history.ts'
import { openApiDocument } from '../../node/gateway/openapi.ts'
import { Shelf } from '../../node/gateway/shelf.ts'
import { SILENT_LOG } from '../../node/logging.ts'
import { certifier } from '../support/certificates.ts'
import { FakeView } from '../unit/node/api/fake-view.ts'

const { context } = certifier()
const PATH = '/v1/certificates'
let server: ApiServer | null = null

afterEach(() => server?.stop())

/** A node with this past; gives what it answers. */
async function serving(history: History | null) {
  const limits = {
    requestsPerMinuteMax: 1_000,
    connectionsMax: 64,
    connectionsPerAddressMax: 64,
    streamReadersMax: 0,
  }
  server = new ApiServer(
    { host: '127.0.0.1', port: 0, ...limits },
    {
      ...{ context, history, epoch: () => 1, view: new FakeView(), metrics: createMetrics() },
      certificates: new Shelf({ certificatesMax: 1 }),
      clock: { nowMs: () => 0 },
      log: SILENT_LOG,
    },
  )
  await server.start()
  const { address } = server
  return async (query: string) => {
    const answer = await fetch(`${address}${PATH}?${query}`)
    return { status: answer.status, headers: answer.headers, json: await answer.json() }
  }
}

/** What the document says of these answers, by status. */
function described(): readonly string[] {
  const paths = openApiDocument(NODE_ROUTES).paths as Record<
    string,
    { readonly get: { readonly responses: object } }
  >
  return Object.keys(paths[PATH]?.get.responses ?? {})
}

test('where no journal is kept there is no past, and the document says so', async () => {
  const get = await serving(null)
  expect(await get('from=1')).toMatchObject({ status: 404, json: { code: 'HISTORY_NONE' } })
  expect(described()).toContain('404')
})

test('whoever asks while enough wait is refused, and the others are answered', async () => {
  const held: (() => void)[] = []
  const history = historyInTurn(
    () => [],
    (work) => void held.push(work),
  )
  const waiting = Array.from({ length: 1 + READS_WAITING_MAX }, () =>
    history({ from: 1, to: 1, limit: 1 }),
  )
  const get = await serving(history)
  const refused = await get('from=1')
  expect(refused).toMatchObject({ status: 503, json: { code: 'HISTORY_BUSY' } })
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(described()).toContain('503')
  while (held.length > 0) {
    held.shift()?.()
    await setImmediate()
  }
  await Promise.all(waiting)
})

test('a page ends where it would hold more bytes than one may, and the next begins there', async () => {
  const size = 16_384
  const pageful = HISTORY_BYTES_MAX / size
  // As another committee left them, so none is shown: what was read counts.
  const history: History = async ({ from, to, limit }) =>
    Array.from({ length: 100 }, (_, index) => index + 1)
      .filter((round) => round >= from && round <= to)
      .slice(0, limit)
      .map((round) => ({ round, receivedMs: 5, bytes: new Uint8Array(size) }))
  const get = await serving(history)
  const begun: (number | null)[] = []
  for (let from: number | null = 1; from !== null; ) {
    begun.push(from)
    from = (await get(`from=${from}`)).json.next
  }
  expect(begun).toEqual([1, 1 + pageful, 1 + 2 * pageful, 1 + 3 * pageful])
  expect((await get(`from=1&to=${pageful}`)).json.next).toBeNull()
})
