import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { judgeStatement } from '../../aggregator/handover/admission.ts'
import { stepHandover } from '../../aggregator/handover/step.ts'
import { createMachine } from '../../aggregator/machine.ts'
import { validate } from '../../aggregator/messages/validate.ts'

/** What of the core members are made of. */
export interface Core {
  readonly createMachine: typeof createMachine
  readonly validate: typeof validate
  readonly stepHandover: typeof stepHandover
  readonly judgeStatement: typeof judgeStatement
}

/** The core as it is. */
export const WHOLE_CORE: Core = { createMachine, validate, stepHandover, judgeStatement }

/** A rule where the core keeps it, and what stands there when it is switched off. */
export interface Edit {
  /** In `aggregator/`. */
  readonly file: string
  /** Stands there once. */
  readonly rule: string
  readonly without: string
}

const ROOT = join(import.meta.dirname, '../..')

/**
 * A copy of the core without a rule: what no variant of the simulator can express from outside, and
 * what the core has no flag for, since an attacker would find it first (ADR 0063).
 *
 * @throws {Error} when a rule does not stand where its edit says: it moved, and so must the edit
 */
export async function coreWithout(edits: readonly Edit[]): Promise<Core> {
  const folder = await mkdtemp(join(tmpdir(), 'parallax-core-'))
  try {
    const core = join(folder, 'aggregator')
    await cp(join(ROOT, 'aggregator'), core, {
      recursive: true,
      filter: (path) => basename(path) !== 'tsconfig.json',
    })
    await writeFile(join(folder, 'package.json'), '{"type": "module"}')
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir')
    for (const edit of edits) await apply(core, edit)
    const load = (file: string) => import(/* @vite-ignore */ join(core, file))
    const [machine, messages, step, admission] = await Promise.all([
      load('machine.ts'),
      load('messages/validate.ts'),
      load('handover/step.ts'),
      load('handover/admission.ts'),
    ])
    return {
      createMachine: machine.createMachine,
      validate: messages.validate,
      stepHandover: step.stepHandover,
      judgeStatement: admission.judgeStatement,
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function apply(core: string, { file, rule, without }: Edit): Promise<void> {
  const path = join(core, file)
  const [before = '', after, ...more] = (await readFile(path, 'utf8')).split(rule)
  if (after === undefined || more.length > 0) {
    throw new Error(`${file} does not say this once, so that it cannot be switched off: ${rule}`)
  }
  await writeFile(path, before + without + after)
}
