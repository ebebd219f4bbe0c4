import { contextOf, orderOf } from '../../aggregator/context.ts'
import { createMachine } from '../../aggregator/machine.ts'
import { unsignedOf } from '../../aggregator/messages/codec.ts'
import type { Observation } from '../../aggregator/messages/messages.ts'
import { sealOwn } from '../../aggregator/messages/validate.ts'
import { checkScenario } from '../../simulations/scenario/load.ts'
import { GENESIS_MS, paramsOf } from '../../simulations/scenario/params.ts'
import { networkOf, sourcesOf } from '../../simulations/scenario/world.ts'
import { createClock } from '../../simulations/world/clock.ts'
import { createKeys } from '../../simulations/world/keys.ts'
import { createSigner } from '../../simulations/world/signer.ts'
import { World } from '../../simulations/world/world.ts'
import type { HostUnderTest, Seen, Situation } from './suite.ts'

const SEED = 1
const SIZE = 4
const ROUND_US = 500_000
const DAY_US = 86_400_000_000
/** The first round after the silence of a start in round 0. */
const FIRST = 2
const scenario = checkScenario({ name: 'compliance', rounds: 20, committee: { members: SIZE } })

/** A world of four members, and what is seen of one that signs in the first rounds. */
function worldOf(situation: Situation) {
  const params = paramsOf(scenario, SEED)
  const keys = createKeys({ seed: SEED, signatures: 'ideal', hash: 'ideal', size: SIZE, params })
  const context = contextOf(keys.crypto, keys.committee)
  // The first t that are listed sign the first rounds (protocol §4.3).
  const self =
    orderOf(context, FIRST).find((index) => index < context.committee.signingThreshold) ?? 0
  const seen: Seen[] = []
  const clocks = Array.from({ length: SIZE }, () =>
    createClock({ epochMs: GENESIS_MS, offsetUs: 0, driftPpm: 0 }),
  )
  const world = new World(
    {
      seed: SEED,
      keys,
      context,
      clocks,
      network: networkOf(scenario),
      meshDegree: scenario.network.meshDegree,
      work: { signUs: 0, combineUs: 0 },
      controlled: 0,
    },
    {
      sources: sourcesOf(scenario, {
        seed: SEED,
        feeds: keys.committee.params.feeds,
        keys,
        recording: null,
      }),
      watch: (fact) => {
        if (!('member' in fact) || fact.member !== self) return
        if (fact.type === 'promised') seen.push({ type: 'durable', promise: fact.promise })
        if (fact.type === 'sent') seen.push({ type: 'visible', message: fact.message })
      },
      control: {
        see: () => undefined,
        send: (_from, message) => message,
        sendDirect: () => true,
        observe: (_member, _round, sampled) => sampled,
      },
      createMachine: (options) =>
        options.self === self ? watched(options, seen) : createMachine(options),
      createSigner: (options) => {
        const signer = createSigner(options)
        const refuses = situation === 'refused' && options.member === self
        return refuses ? { ...signer, sign: () => null } : signer
      },
    },
  )
  return { world, keys, self, seen, clocks }
}

/** A machine whose events and effects are written down as they cross its border. */
function watched(options: Parameters<typeof createMachine>[0], seen: Seen[]) {
  const machine = createMachine({
    ...options,
    perform: (effect) => {
      seen.push({ type: 'effect', effect })
      options.perform(effect)
    },
  })
  return {
    state: machine.state,
    report: (event: Parameters<typeof machine.report>[0]) => {
      seen.push({ type: 'event', event })
      machine.report(event)
    },
  }
}

function live(situation: Situation): Promise<readonly Seen[]> {
  const { world, keys, self, seen, clocks } = worldOf(situation)
  const host = world.hosts[self]
  for (const [member, each] of world.hosts.entries()) {
    if (situation !== 'alone' || member === self) world.at(0, () => each.start())
  }
  world.at((FIRST + 4) * ROUND_US, () => {
    if (situation === 'restarted') {
      host?.crash()
      host?.start()
    }
    if (situation === 'astray') {
      clocks[self]?.shift(world.nowUs, DAY_US)
      host?.replanAlarm()
    }
    if (situation !== 'twin') return
    const observation: Observation = {
      type: 'observation',
      round: FIRST + 4,
      sender: self,
      timestampMs: world.nowMs,
      pair: { expected: 0b1111, signing: 0b0111 },
      basis: { round: 0, slot: 0 },
      vouched: 0,
      values: [1n],
      sourceCommitment: new Uint8Array(32),
      commitments: [nonce(), nonce(), nonce()],
    }
    const unsigned = unsignedOf(world.context, observation)
    const sealed = sealOwn(unsigned, keys.signMessage(self, unsigned.digest))
    world.replay((self + 1) % SIZE, self, sealed.bytes)
  })
  // A little into a round, so that what was asked for last is answered.
  world.advance((FIRST + 10) * ROUND_US + ROUND_US / 2, Number.MAX_SAFE_INTEGER)
  return Promise.resolve(seen)
}

const nonce = () => ({
  hiding: new Uint8Array(33).fill(2),
  binding: new Uint8Array(33).fill(2),
})

/** The simulator's host, in its own world of four. */
export const simulatedHost: HostUnderTest = { name: 'the simulator', latenessMsMax: 0, live }
