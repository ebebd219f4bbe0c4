import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Address, createWalletClient, type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { handoverMessageOf, handoverTo } from '../../aggregator/handover/handover.ts'
import type { Deployment } from '../../contracts/deploy/apply.ts'
import type { MarketParameters } from '../../contracts/deploy/parameters.ts'
import { seededBytes, signTogether } from '../../contracts/testing/committee-box.ts'
import { activateCall, handOverCall } from '../../node/chain/handover-calls.ts'
import { type Certifier, certifier, feedsNamed } from './certificates.ts'
import { startDeployedHub } from './deployed-hub.ts'
import { FUNDED_KEYS, type HardhatNode } from './hardhat-node.ts'

/** Between the opening of round 0 and the switch. */
const TERM_SECONDS = 7_200

/** A hub on a real chain whose committee has signed the next one. */
export interface HandedOver {
  readonly chain: HardhatNode
  readonly deployment: Deployment
  readonly old: Certifier
  readonly next: Certifier
  /** When the next committee takes office, in Unix seconds: nothing is activated by itself. */
  readonly switchSeconds: number
  /** The round that opens at a second, by the clock of both. */
  readonly roundAt: (seconds: number) => number
  /** Makes a block of a second, and goes on from there. */
  readonly turnTo: (seconds: number) => Promise<void>
  /** Sends a call that anyone may send to the hub. */
  readonly send: (data: Hex) => Promise<void>
  /** Announces and activates a committee, signed by the one in office. */
  readonly announce: (by: Certifier, to: Certifier, epoch: number, fromMs?: number) => Promise<void>
  readonly activate: () => Promise<void>
  /** Puts the chain back to where the hand-over is announced and not activated. */
  readonly rewind: () => Promise<void>
}

/** Two committees that share nothing but feeds and clock, both with real signatures. */
export async function startHandedOver(
  options: { readonly markets?: readonly MarketParameters[]; readonly feedCount?: number } = {},
): Promise<HandedOver> {
  const { feedCount = 2, markets = [] } = options
  const genesisSeconds = Math.ceil(Date.now() / 3_600_000) * 3_600
  const switchSeconds = genesisSeconds + TERM_SECONDS
  const shared = { feeds: feedsNamed(feedCount), genesisMs: genesisSeconds * 1_000 }
  const old = certifier({ ...shared, seed: 'old' })
  const next = certifier({ ...shared, seed: 'next', size: 7 })
  const { roundMs } = old.context.committee.params.timing
  const { chain, client, deployment } = await startDeployedHub(old, markets)
  const account = privateKeyToAccount(FUNDED_KEYS[0])
  const wallet = createWalletClient({ account, transport: http(chain.url) })
  const send = async (data: Hex) => {
    const to: Address = deployment.hub
    const hash = await wallet.sendTransaction({ to, data, chain: null })
    const { status } = await client.waitForTransactionReceipt({ hash })
    if (status !== 'success') throw new Error(`the hub reverted ${data.slice(0, 10)}`)
  }
  const turnTo = async (seconds: number) => {
    await client.setNextBlockTimestamp({ timestamp: BigInt(seconds) })
    await client.mine({ blocks: 1 })
  }
  const announce: HandedOver['announce'] = (by, to, epoch, fromMs = switchSeconds * 1_000) => {
    const handover = handoverTo(to.test.committee, { epoch, activeFromMs: fromMs })
    const signature = signerOf(by)(handoverMessageOf(keccak_256, handover))
    return send(handOverCall({ handover, signature }))
  }
  await turnTo(genesisSeconds)
  await announce(old, next, 2)
  let snapshot = await client.snapshot()
  return {
    ...{ chain, deployment, old, next, switchSeconds, turnTo, send, announce },
    roundAt: (seconds) => ((seconds - genesisSeconds) * 1_000) / roundMs,
    activate: () => send(activateCall('committee')),
    rewind: async () => {
      await client.revert({ id: snapshot })
      snapshot = await client.snapshot()
    },
  }
}

function signerOf({ test }: Certifier): (message: Uint8Array) => Uint8Array {
  const { committee, shares } = test
  const { groupKey, signingThreshold } = committee
  const signers = shares.slice(0, signingThreshold)
  return signTogether({ groupKey, shares: signers }, seededBytes('hand-over'))
}
