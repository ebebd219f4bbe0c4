import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatCommittee } from '../../../../node/config/committee-file.ts'
import { gatewayFrom, loadGateway } from '../../../../node/gateway/config.ts'
import { certifier } from '../../../support/certificates.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-gateway-'))
  await writeFile(join(directory, 'committee.json'), formatCommittee(certifier().file))
})

afterEach(() => rm(directory, { recursive: true }))

async function load(text: string) {
  const file = join(directory, 'gateway.yaml')
  await writeFile(file, text)
  return await loadGateway(file)
}

const FOLLOW = 'network: { bootstrap: ["/ip4/127.0.0.1/tcp/9001"] }'

describe('the configuration of a gateway', () => {
  test('needs a committee and somebody to follow; everything else has a default', async () => {
    const { config, committee } = await load(`committee: committee.json\n${FOLLOW}\n`)
    expect(config).toMatchObject({ certificatesMax: 2_048, api: { host: '127.0.0.1' } })
    expect(committee.params.members).toHaveLength(4)
  })

  test('is refused with every problem at once', async () => {
    const text = 'committee: committee.json\nkeys: {}\nnetwork: { bootstrap: [], peersMax: 0 }\n'
    await expect(load(text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('docs/gateway.md'),
      problems: [
        { path: 'network.bootstrap' },
        { path: 'network.peersMax' },
        { path: 'keys', message: expect.stringContaining('not a known key') },
      ],
    })
  })

  test('must not open the API to others by accident', async () => {
    const text = `committee: committee.json\n${FOLLOW}\napi: { host: 0.0.0.0 }\n`
    await expect(load(text)).rejects.toMatchObject({ problems: [{ path: 'api.host' }] })
  })

  test('may come from the command line', async () => {
    const settings = {
      committee: join(directory, 'committee.json'),
      network: { bootstrap: ['nonsense'] },
    }
    await expect(gatewayFrom(settings)).rejects.toMatchObject({
      problems: [{ path: 'network.bootstrap[0]' }],
    })
  })

  // Its size is not known before, and it has no end.
  test('that is a device is read no further than the limit', async () => {
    await expect(loadGateway('/dev/zero')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('docs/gateway.md'),
    })
  })

  test('that is missing is a coded error', async () => {
    await expect(loadGateway(join(directory, 'none.yaml'))).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
    })
  })
})
