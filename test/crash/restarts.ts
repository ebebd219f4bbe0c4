import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { committeeOf } from '../../aggregator/committee/committee.ts'
import { LOCAL_CHAIN_ID, LocalChain } from '../../node/devnet/chain/local-chain.ts'
import type { LocalNode } from '../../node/devnet/network.ts'
import { freePorts } from '../../node/devnet/wait.ts'
import { type Prng, prngOf } from '../../simulations/determinism/prng.ts'
import { createProgress } from '../../simulations/report/progress.ts'
import { until } from '../support/local-nodes.ts'
import { Oracles } from '../support/oracles.ts'
import type { CrashCommand, Outcome } from './crash-command.ts'
import { figuresOf, hearAll, isSound } from './heard.ts'
import { stopSignal } from './stop-signal.ts'

const SIZE = 7
const DOWN_MAX = 2
/** A member stays down up to so long, and is up up to so long, in milliseconds. */
const DOWN_MS_MAX = 10_000
const UP_MS_MAX = 5_000
/** Of the feed that is watched: the contract is brought a value at least so often. */
const HEARTBEAT_MS = 2_000
const AGE_MS_MAX = 5_000
const CERTIFIED_SHARE_MIN = 0.95
const LOOK_EVERY_MS = 250

/** Kills and starts f of seven members again and again, while a contract is brought prices. */
export const restarts: CrashCommand = {
  usage: 'restarts [--minutes 10] [--seed 1]',
  summary: 'f of seven members killed and started at random, beside a chain that is watched',
  defaults: { minutes: 10, seed: 1 },
  run: async ({ minutes = 0, seed = 0 }) => {
    const signal = stopSignal()
    const oracles = await Oracles.create({
      nodes: SIZE,
      feeds: ['BTC/USD'],
      heartbeatMs: HEARTBEAT_MS,
    })
    const [port = 0] = await freePorts(1)
    const chain = new LocalChain({ port, logPath: join(oracles.directory, 'chain.log') })
    try {
      await startAll(oracles, chain, signal)
      await until('a first value on chain', async () => {
        return (await chain.heldRound(0, await chain.head())) > 0 ? true : null
      })
      const watched = await storm({ oracles, chain, seed, forMs: minutes * 60_000, signal })
      await Promise.all(oracles.nodes.map(({ process }) => process.stop()))
      return judged(oracles, watched, signal.aborted)
    } finally {
      await oracles.stop('remove')
      await chain.process.stop()
    }
  },
}

async function startAll(oracles: Oracles, chain: LocalChain, signal: AbortSignal): Promise<void> {
  const { file, members } = oracles.committee
  await chain.start(signal)
  await chain.deploy({
    committee: committeeOf((bytes) => keccak_256(bytes), file),
    wallets: members.map(({ transmitter }) =>
      transmitter.use((key) => privateKeyToAccount(toHex(key)).address),
    ),
  })
  const contract = chain.deployment.hub
  await oracles.deliverTo({ rpcUrl: chain.rpcUrl, chainId: LOCAL_CHAIN_ID, contract })
  await oracles.start(signal)
}

interface Watched {
  readonly kills: number
  readonly fromRound: number
  readonly toRound: number
  /** Of the value that the contract held, by look, in milliseconds. */
  readonly agesMs: readonly number[]
  readonly gasPerDelivery: number
  readonly deliveries: number
}

async function storm(run: {
  readonly oracles: Oracles
  readonly chain: LocalChain
  readonly seed: number
  readonly forMs: number
  readonly signal: AbortSignal
}): Promise<Watched> {
  const { oracles, chain, seed, forMs, signal } = run
  const { genesisMs, timing } = oracles.committee.file.params
  const roundAt = (atMs: number) => Math.floor((atMs - genesisMs) / timing.roundMs)
  const progress = createProgress('restarts')
  const started = performance.now()
  const isOver = () => signal.aborted || performance.now() - started >= forMs
  const fromRound = roundAt(Date.now()) + 1
  const agesMs: number[] = []
  const watching = (async () => {
    while (!isOver()) {
      const round = await chain.heldRound(0, await chain.head())
      agesMs.push(Date.now() - (genesisMs + round * timing.roundMs))
      progress.show((performance.now() - started) / forMs)
      await delay(LOOK_EVERY_MS)
    }
  })()
  const counts = await Promise.all(
    Array.from({ length: DOWN_MAX }, (_, lane) =>
      killInTurn(laneOf(oracles.nodes, lane), { prng: prngOf(seed + lane, 'restarts'), isOver }),
    ),
  )
  await watching
  progress.end()
  const toRound = roundAt(Date.now()) - 2
  const delivered = await chain.deliveries()
  const gas = delivered.reduce((total, { gasUsed }) => total + gasUsed, 0)
  return {
    kills: counts.reduce((total, count) => total + count, 0),
    fromRound,
    toRound,
    agesMs,
    deliveries: delivered.length,
    gasPerDelivery: Math.round(gas / Math.max(1, delivered.length)),
  }
}

/** Members of one lane: one of them is away at a time, so that never more than f are. */
function laneOf(nodes: readonly LocalNode[], lane: number): readonly LocalNode[] {
  return nodes.filter(({ index }) => index % DOWN_MAX === lane)
}

async function killInTurn(
  nodes: readonly LocalNode[],
  { prng, isOver }: { readonly prng: Prng; readonly isOver: () => boolean },
): Promise<number> {
  let kills = 0
  while (!isOver()) {
    await delay(prng.below(UP_MS_MAX))
    const victim = nodes[prng.below(nodes.length)] as LocalNode
    await victim.process.kill()
    kills += 1
    await delay(prng.below(DOWN_MS_MAX))
    victim.process.start()
    // One that is still coming back counts as faulty: the next falls when this one takes part.
    await until('a member to come back', async () =>
      isOver() || (await victim.client.isReady()) ? true : null,
    )
  }
  return kills
}

function judged(oracles: Oracles, watched: Watched, isStopped: boolean): Outcome {
  const { fromRound, toRound, agesMs } = watched
  const heard = hearAll(oracles.nodes.map(({ files }) => join(files.directory, 'data')))
  const rounds = toRound - fromRound + 1
  const certified = [...heard.certified].filter((round) => round >= fromRound && round <= toRound)
  const certifiedShare = certified.length / rounds
  const ageMsMax = Math.max(...agesMs)
  const isAlive = certifiedShare >= CERTIFIED_SHARE_MIN && ageMsMax <= AGE_MS_MAX
  return {
    passed: isSound(heard) && isAlive && !isStopped,
    figures: {
      isStopped,
      nodesKilled: watched.kills,
      ...figuresOf(heard),
      rounds,
      certifiedPercent: Math.round(certifiedShare * 10_000) / 100,
      ageMsMax,
      agesSeen: agesMs.length,
      deliveries: watched.deliveries,
      gasPerDelivery: watched.gasPerDelivery,
    },
  }
}
