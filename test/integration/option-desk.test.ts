import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { bytesToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Committee,
  committeeOf,
  openingOf,
  roundAt,
} from '../../aggregator/committee/committee.ts'
import { type Context, contextOf } from '../../aggregator/context.ts'
import { encodeCertificate } from '../../aggregator/messages/codec.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { sealCertificate } from '../../aggregator/messages/validate.ts'
import { encodeUpdate } from '../../aggregator/report/calldata.ts'
import { connect } from '../../contracts/deploy/chain.ts'
import { committeeInABox, ok } from '../../contracts/testing/committee-box.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import { LocalChain } from '../../node/devnet/chain/local-chain.ts'
import { COMMITTEE_FILE } from '../../node/devnet/files.ts'
import { marketFeeds } from '../../node/devnet/market-terms.ts'
import type { LocalNetwork } from '../../node/devnet/network.ts'
import { OptionDesk, optionShortcomings } from '../../node/devnet/option-desk.ts'
import { freePorts } from '../../node/devnet/wait.ts'
import { Answers } from '../../node/gateway/answers.ts'
import { onChainAt } from '../../node/gateway/calldata.ts'
import { BTC, referenceCrypto, testCommittee } from '../support/committee.ts'
import { sendCalldata } from '../support/contracts/chain.ts'

// The committee in a box signs what four oracles would; the chain, its contracts, the market's two
// accounts and the client that settles are those of `npm start`.
const SPOT = 6_512_345_678_901n
const AVERAGE = 6_520_000_000_000n
const IMPLIED = 55_000_000n
const REALIZED = 80_000_000n
const RATE = 3_000_000n
const PAYER = privateKeyToAccount(
  '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80',
)

let directory: string
let chain: LocalChain
let server: Server
let committee: Committee
let context: Context
let certify: (round: number) => Certificate
const controller = new AbortController()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parallax-desk-'))
  const genesisMs = Date.now() - 60_000
  const clock = { genesisMs, roundMs: 500, includeMs: 120, clockSkewMsMax: 5 }
  const box = committeeInABox({ members: 4, seed: 'desk', clock })
  const feeds = [BTC, ...marketFeeds(BTC)]
  const { params } = testCommittee({ feeds, genesisMs, timing: { includeMs: 120 } }).committee
  const timing = { ...params.timing, fastMs: 170, cutMs: 220, backupMs: 50, voteMs: 360, hopMs: 40 }
  committee = committeeOf(referenceCrypto.keccak256, {
    params: { ...params, timing },
    groupKey: box.groupKey,
  })
  context = contextOf(referenceCrypto, committee)
  certify = (round) =>
    box.certify({
      round,
      feeds: [SPOT, AVERAGE, IMPLIED, REALIZED, RATE].map((value) => ok(value)),
    })
  const file = formatCommittee({ params: committee.params, groupKey: box.groupKey })
  await writeFile(join(directory, COMMITTEE_FILE), file)
  const [port = 0] = await freePorts(1)
  chain = new LocalChain({ port, logPath: join(directory, 'chain.log') })
  await chain.start(controller.signal)
  await chain.deploy({ committee, wallets: [] })
  server = createServer((request, response) => {
    const round = Number(/certificates\/(\d+)/.exec(request.url ?? '')?.[1])
    // The chain's clock runs ahead when blocks come faster than one a second.
    const newest = roundAt(committee, Date.now() + 30_000)
    const message = round <= newest ? certify(round) : null
    if (message === null) {
      response.writeHead(404).end('{"code":"CERTIFICATE_UNKNOWN"}')
      return
    }
    const sealed = sealCertificate(context, {
      message,
      bytes: encodeCertificate(committee, message),
    })
    response.end(new Answers(context, () => 1).textOf(sealed, [1]))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})

afterAll(async () => {
  controller.abort()
  server.close()
  await chain.process.stop()
  await rm(directory, { recursive: true, force: true })
})

/** What the transmitters of a committee do: the newest round, every second. */
async function deliver(): Promise<void> {
  const payer = await connect({ rpcUrl: chain.rpcUrl, account: PAYER })
  while (!controller.signal.aborted) {
    const round = roundAt(committee, Date.now())
    // Not the realized volatility: options are priced from the implied one.
    const chosen = { feeds: [0, 1, 2, 4], committee: onChainAt(context, 1) }
    const data = encodeUpdate(referenceCrypto.keccak256, { certificate: certify(round), ...chosen })
    const to = chain.deployment.hub
    await sendCalldata(payer, { to, data: bytesToHex(data) }).catch(() => null)
    await delay(1_000, undefined, { signal: controller.signal }).catch(() => null)
  }
}

test('a call and a put are written, priced by the block, settled and paid', async () => {
  const { port } = server.address() as AddressInfo
  const nodes = [{ client: { address: `http://127.0.0.1:${port}` } }]
  const network = { nodes, directory, chain, committee } as unknown as LocalNetwork
  const desk = new OptionDesk(network)
  expect(desk.view()).toBe(null)
  const delivering = deliver()
  await desk.run(controller.signal)
  controller.abort()
  await delivering
  expect(desk.failure).toBe(null)
  const view = desk.view()
  expect(view).toMatchObject({
    state: 'paid',
    strike: '65120.00000000',
    settlementPrice: '65200.00000000',
    isFinal: true,
  })
  const first = Math.ceil(((view?.expiry ?? 0) * 1_000 - openingOf(committee, 0)) / 500)
  expect(view?.settlementRound).toBe(first)
  const [call, put] = view?.sides ?? []
  expect(call?.pricedBlocks).toBeGreaterThan(0)
  expect(call?.payout).toBe('0.001226993865030674')
  expect(put?.payout).toBe('0.000000')
  expect(optionShortcomings(view, null)).toEqual([])
  const wrong = view === null ? null : { ...view, settlementPrice: '65200.00000001' }
  expect(optionShortcomings(wrong, null)).toHaveLength(1)
})
