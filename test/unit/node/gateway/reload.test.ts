import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatCommittee } from '../../../../node/config/committee-file.ts'
import { loadGateway } from '../../../../node/gateway/config.ts'
import { createGatewayMetrics } from '../../../../node/gateway/metrics.ts'
import { gatewayReloader } from '../../../../node/gateway/reload.ts'
import { SILENT_LOG } from '../../../../node/logging.ts'
import { certifier, feedsNamed } from '../../../support/certificates.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-gateway-reload-'))
  await writeFile(join(directory, 'committee.json'), formatCommittee(certifier().file))
})
afterEach(() => rm(directory, { recursive: true }))

const BASE = {
  committee: 'committee.json',
  network: { bootstrap: ['/ip4/127.0.0.1/tcp/9001'] },
}
const write = (config: object) => writeFile(join(directory, 'gateway.yaml'), JSON.stringify(config))

/** A gateway that runs with the base, as far as reloads see it. */
async function running() {
  await write(BASE)
  const file = join(directory, 'gateway.yaml')
  const loaded = await loadGateway(file)
  const taken: unknown[] = []
  const take = (what: string) => (value: unknown) => void taken.push([what, value])
  const metrics = createGatewayMetrics()
  const reloader = gatewayReloader(
    { ...loaded, file },
    {
      network: {
        setPeers: ({ bootstrap, peersMax }) => taken.push(['peers', [...bootstrap, peersMax]]),
      },
      server: { setLimits: ({ streamReadersMax }) => take('readers')(streamReadersMax) },
      shelf: { setCertificatesMax: take('certificates') },
      setEpoch: take('epoch'),
      root: { setLevel: take('level') },
      ...{ log: SILENT_LOG, metrics, nowMs: () => 0 },
    },
  )
  const metricsText = () => metrics.registry.metrics()
  return { reloader, taken, metricsText }
}

test('given other peers, limits, number and level, then all are taken over at once', async () => {
  const { reloader, taken } = await running()
  await write({
    ...BASE,
    ...{ epoch: 2, certificatesMax: 9, api: { streamReadersMax: 3 }, log: { level: 'warn' } },
    network: { bootstrap: ['/ip4/127.0.0.1/tcp/9002'], peersMax: 5 },
  })
  expect(await reloader.reload()).toMatchObject({ outcome: 'applied', problems: [] })
  expect(taken).toEqual([
    ['peers', ['/ip4/127.0.0.1/tcp/9002', 5]],
    ['certificates', 9],
    ['epoch', 2],
    ['readers', 3],
    ['level', 'warn'],
  ])
})

test.each([
  ['a port', { api: { port: 1 } }, 'api.port'],
  [
    'an address to listen on',
    { network: { ...BASE.network, listen: ['/ip4/127.0.0.1/tcp/9009'] } },
    'network.listen',
  ],
  ['another name', { name: 'other' }, 'name'],
  ['another form of the log', { log: { format: 'text' } }, 'log.format'],
])('given %s besides, then nothing is taken over, and the path is named', async (_, more, path) => {
  const { reloader, taken, metricsText } = await running()
  await write({ ...BASE, epoch: 2, ...more })
  expect(await reloader.reload()).toMatchObject({
    ...{ outcome: 'refused', code: 'CONFIG_NEEDS_RESTART' },
    problems: [`${path}: is taken over at a start alone`],
  })
  expect(taken).toEqual([])
  expect(await metricsText()).toContain('parallax_config_refused 1')
})

test('given another committee under the same name, then it needs a restart', async () => {
  const { reloader, taken } = await running()
  const other = certifier({ feeds: feedsNamed(2) }).file
  await writeFile(join(directory, 'committee.json'), formatCommittee(other))
  const { code, problems } = await reloader.reload()
  expect([code, taken]).toEqual(['CONFIG_NEEDS_RESTART', []])
  expect(problems.every((problem) => problem.startsWith('committee file.'))).toBe(true)
})

test('given a file with problems, then all are named, and a good one heals it', async () => {
  const { reloader, taken, metricsText } = await running()
  await write({ ...BASE, epoch: 0, network: { bootstrap: [], peersMax: 0 } })
  const { outcome, code, problems } = await reloader.reload()
  expect([outcome, code, taken]).toEqual(['refused', 'CONFIG_INVALID', []])
  expect(problems.join('\n')).toMatch(/epoch.*network\.bootstrap.*network\.peersMax/s)
  await write(BASE)
  expect(await reloader.reload()).toMatchObject({ outcome: 'unchanged' })
  expect(await metricsText()).toContain('parallax_config_refused 0')
})
