import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MODEL = join(import.meta.dirname, '../../simulations/model/votes.qnt')
const QUINT = createRequire(import.meta.url).resolve('@informalsystems/quint/dist/src/cli.js')

/** Modules of the model: the protocol, and what each leaves out of it. */
export type Variant = 'correct' | 'unlocked' | 'forgetful' | 'corrupt'

export interface ModelRun {
  readonly variant: Variant
  /** Name of a definition of the model that should hold in every state. */
  readonly invariant: string
  readonly samples: number
  readonly seed: number
  /** Traces to bring back; 0 for the verdict alone. */
  readonly traces?: number
}

export interface ModelVerdict {
  readonly outcome: 'held' | 'violated'
  /** States of each trace, decoded from the ITF format: sets and maps of JavaScript. */
  readonly traces: readonly (readonly ModelState[])[]
}

export interface ModelProposal {
  readonly rank: number
  readonly observers: ReadonlySet<number>
  readonly version: number
  readonly signers: ReadonlySet<number>
}

export interface ModelShare {
  readonly slot: number
  readonly report: { readonly observers: ReadonlySet<number>; readonly version: number }
  readonly signers: ReadonlySet<number>
}

export interface ModelState {
  readonly phase: number
  readonly order: readonly number[]
  readonly members: ReadonlyMap<number, { readonly shares: ReadonlySet<ModelShare> }>
  readonly last: {
    readonly kind: 'init' | 'tick' | 'observe' | 'hear' | 'restart'
    readonly member: number
    readonly from: number
    readonly version: number
    readonly proposal: ModelProposal
  }
}

/** Steps of a trace: four stretches of time, nine observations, six proposals, a few crashes. */
const STEPS_MAX = 26

/**
 * Runs random traces of the model with Quint's own simulator.
 *
 * @throws {Error} with Quint's words when it neither held nor was violated
 */
export async function runModel(run: ModelRun): Promise<ModelVerdict> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-model-'))
  try {
    const traces = run.traces ?? 0
    const { code, text } = await quint([
      'run',
      MODEL,
      '--backend=typescript',
      `--main=${run.variant}`,
      `--invariant=${run.invariant}`,
      `--max-samples=${run.samples}`,
      `--max-steps=${STEPS_MAX}`,
      `--seed=${run.seed}`,
      '--verbosity=1',
      ...(traces > 0 ? [`--n-traces=${traces}`, `--out-itf=${folder}/{seq}.itf.json`] : []),
    ])
    const isViolated = /Invariant violated/.test(text)
    if (code !== 0 && !isViolated) throw new Error(`quint ended with ${code}: ${text}`)
    return { outcome: isViolated ? 'violated' : 'held', traces: await tracesIn(folder) }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function quint(args: readonly string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [QUINT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    const keep = (chunk: Buffer) => {
      text += chunk.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, text }))
  })
}

async function tracesIn(folder: string): Promise<ModelState[][]> {
  const files = (await readdir(folder)).sort()
  return Promise.all(
    files.map(async (file) => {
      const { states } = JSON.parse(await readFile(join(folder, file), 'utf8'))
      // A trace that ran out of steps to take ends with a state that has no values.
      return (states.map(decode) as ModelState[]).filter(({ last }) => last !== undefined)
    }),
  )
}

/** Values of the Informal Trace Format: big integers, sets and maps are tagged objects. */
function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode)
  if (typeof value !== 'object' || value === null) return value
  if ('#bigint' in value) return Number(value['#bigint'])
  if ('#set' in value) return new Set((value['#set'] as unknown[]).map(decode))
  if ('#map' in value) return new Map((value['#map'] as [unknown, unknown][]).map(decodePair))
  // A variable's name comes with its instance before it: correct::votes::phase.
  const named = ([key, each]: [string, unknown]) => [key.split('::').at(-1), decode(each)]
  return Object.fromEntries(Object.entries(value).map(named))
}

function decodePair([key, value]: [unknown, unknown]): [unknown, unknown] {
  return [decode(key), decode(value)]
}
