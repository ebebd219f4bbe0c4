import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { prngOf } from '../../simulations/determinism/prng.ts'
import { createProgress } from '../../simulations/report/progress.ts'
import { type LocalNode, LocalNodes, until } from '../support/local-nodes.ts'
import type { CrashCommand, Outcome } from './crash-command.ts'
import { figuresOf, hearAll, isSound } from './heard.ts'
import { requireShim } from './shim.ts'
import { stopSignal } from './stop-signal.ts'

const SIZE = 4
const LEAK_PPM = 200_000
/** A kill at random up to so long after the member before came back, in milliseconds. */
const APART_MS_MAX = 1_500
/** One of so many kills falls while the member before is still coming back. */
const EARLY_ONE_OF = 4

/** Kills whole nodes at random, one at a time, on disks that lose what was not synced. */
export const nodes: CrashCommand = {
  usage: 'nodes [--count 200] [--seed 1]',
  summary: 'kill -9 of whole nodes of four, on disks that lose what was not synced',
  defaults: { count: 200, seed: 1 },
  run: async ({ count = 0, seed = 0 }) => {
    const shim = requireShim()
    const network = await LocalNodes.prepare(SIZE)
    try {
      const all = Array.from({ length: SIZE }, (_, index) => {
        const { directory } = network.files.nodes[index] as LocalNode['files']
        // Half of the members keep their journals over a kill: they are the witnesses.
        const held = index % 2 === 0 ? join(directory, 'data') : join(directory, 'data', 'promises')
        const disk = { directory: held, leakPpm: LEAK_PPM, seed: seed + index }
        return network.node(index, shim.environment(disk))
      })
      return await killAll(all, { count, seed, signal: stopSignal() })
    } finally {
      await network.stop()
    }
  },
}

async function killAll(
  all: readonly LocalNode[],
  run: { readonly count: number; readonly seed: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  const { count, seed, signal } = run
  const prng = prngOf(seed, 'nodes')
  const progress = createProgress('nodes')
  for (const { process } of all) process.start()
  const firstRound = await until('the first certificate', () => certifiedRound(all))
  let kills = 0
  while (kills < count && !signal.aborted) {
    const victim = all[prng.below(SIZE)] as LocalNode
    await delay(prng.below(APART_MS_MAX))
    await victim.process.kill()
    victim.process.start()
    // Most of the time all four work, or nobody would have anything to contradict.
    if (prng.below(EARLY_ONE_OF) > 0) {
      await until('a member to come back', async () => {
        return signal.aborted || (await victim.client.isReady()) ? true : null
      })
    }
    kills += 1
    progress.show(kills / count)
  }
  progress.end()
  const killedRound = (await certifiedRound(all)) ?? 0
  // Rounds go on: somebody certifies a round that opened after the last kill.
  const lastRound = await until('a round after the last kill', async () => {
    const round = (await certifiedRound(all)) ?? 0
    return signal.aborted || round > killedRound + 4 ? round : null
  })
  await Promise.all(all.map(({ process }) => process.stop()))
  return judged(all, { wanted: count, kills, firstRound, lastRound })
}

/** The newest round that any running node knows a certificate of. */
async function certifiedRound(all: readonly LocalNode[]): Promise<number | null> {
  const feeds = await Promise.all(all.map(({ client }) => client.feeds()))
  const rounds = feeds.map((each) => each?.[0]?.certified?.round ?? 0)
  const newest = Math.max(...rounds)
  return newest === 0 ? null : newest
}

function judged(
  all: readonly LocalNode[],
  run: {
    readonly wanted: number
    readonly kills: number
    readonly firstRound: number
    readonly lastRound: number
  },
): Outcome {
  const heard = hearAll(all.map(({ files }) => join(files.directory, 'data')))
  const certified = [...heard.certified].filter((round) => round >= run.firstRound).length
  return {
    // A network that certifies nothing between its kills has shown nothing.
    passed: isSound(heard) && certified >= run.wanted && run.kills === run.wanted,
    figures: {
      nodesKilled: run.kills,
      ...figuresOf(heard),
      rounds: run.lastRound - run.firstRound + 1,
      certifiedInJournals: certified,
    },
  }
}
