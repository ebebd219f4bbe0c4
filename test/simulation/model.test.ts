import { beforeAll, describe, expect, test } from 'vitest'
import { type ModelVerdict, runModel } from '../model/quint.ts'
import { replay } from '../model/replay.ts'

/** Enough that each variant is found with this seed; `npm run model` runs more. */
const SEED = 1
const TRACES = 60
const CANARY_SAMPLES = 600

describe('the model of the voting rules (simulations/model/votes.qnt)', () => {
  let correct: ModelVerdict
  beforeAll(async () => {
    const run = { samples: TRACES, traces: TRACES, seed: SEED }
    correct = await runModel({ variant: 'correct', invariant: 'safe', ...run })
  })

  test('S1 to S4 hold in every state of random traces', () => {
    expect(correct.outcome).toBe('held')
    expect(correct.traces).toHaveLength(TRACES)
  })

  test('real machines sign in every trace exactly what the model signs, and nothing else', () => {
    expect(correct.traces.map(replay).filter((divergence) => divergence !== null)).toEqual([])
  })

  test('the traces reach every action and every slot', () => {
    const states = correct.traces.flat()
    const kinds = new Set(states.map(({ last }) => last.kind))
    expect([...kinds].sort()).toEqual(['hear', 'init', 'observe', 'restart', 'tick'])
    const members = states.flatMap((state) => [...state.members.values()])
    const slots = new Set(members.flatMap(({ shares }) => [...shares].map(({ slot }) => slot)))
    expect([...slots].sort()).toEqual([0, 1, 2])
  })

  test.each([
    ['unlocked', 'a member signs two digests of a round'],
    ['forgetful', 'a process that started in a round signs in it'],
    ['corrupt', 'two of four are faulty'],
  ] as const)('%s: found unsafe when %s', async (variant, _when) => {
    const run = { samples: CANARY_SAMPLES, seed: SEED }
    expect((await runModel({ variant, invariant: 'safe', ...run })).outcome).toBe('violated')
  })

  test('a machine that keeps §10.3 differs from a model that does not', async () => {
    const run = { samples: TRACES, traces: TRACES, seed: SEED }
    const forgetful = await runModel({ variant: 'forgetful', invariant: 'certain', ...run })
    expect(forgetful.traces.some((trace) => replay(trace) !== null)).toBe(true)
  })
})
