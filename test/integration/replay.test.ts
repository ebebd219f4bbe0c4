import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { JOURNAL_FILE } from '../../node/compose/store.ts'
import { formatCommittee } from '../../node/config/committee-file.ts'
import type { ReplayOutcome } from '../../node/replay/journal-replay.ts'
import { testCommittee } from '../support/committee.ts'
import { parallax } from '../support/parallax.ts'
import { MEMBER, type Recording, recorded } from '../unit/node/replay/recording.ts'
import { changedJournal, writeJournal } from './journal-support.ts'

const committeeTest = testCommittee()
const { committee } = committeeTest
let whole: string
let directory: string
let recording: Recording
let copies = 0

beforeAll(async () => {
  whole = mkdtempSync(join(tmpdir(), 'parallax-replay-'))
  recording = recorded({ test: committeeTest })
  writeFileSync(join(whole, 'committee.json'), formatCommittee(committee))
  await writeJournal(whole, recording, { startedMs: 1_000 })
  const cut = recording.seen.findLastIndex(({ type }) => type === 'effect')
  await writeJournal(whole, recording, { startedMs: 2_000, seen: recording.seen.slice(0, cut) })
})
afterAll(() => rmSync(whole, { recursive: true }))
beforeEach(() => {
  directory = mkdtempSync(join(whole, 'copy-'))
})

/** The journal of two processes, the second one killed, after some change to it. */
const changed = (sql: string) =>
  changedJournal(join(whole, JOURNAL_FILE), join(directory, `journal-${copies++}`), sql)

const replay = (journal: string, ...more: readonly string[]) =>
  parallax('replay', '--journal', journal, '--committee', join(whole, 'committee.json'), ...more)

async function outcomeOf(journal: string, ...more: readonly string[]) {
  const { exitCode, stdout } = await replay(journal, '--json', ...more)
  return { exitCode, outcome: JSON.parse(stdout) as ReplayOutcome }
}

describe('parallax replay', () => {
  test('finds both runs the same and says that the tail of the killed one is lost', async () => {
    const { exitCode, outcome } = await outcomeOf(changed(''), '--member', String(MEMBER))
    expect(exitCode).toBe(0)
    expect(outcome).toMatchObject({ gaps: [], difference: null })
    expect(outcome.runs.map(({ state }) => state)).toEqual(['same', 'tail'])
    expect(outcome.runs[0]).toMatchObject({ member: MEMBER, from: 8, effectsLost: 0 })
    expect(outcome.runs[0]?.effects).toBe(recording.effects.length)
    expect(outcome.runs[1]?.effectsLost).toBeGreaterThan(0)
    const text = await replay(changed(''))
    expect(text.stdout).toContain('the same, bit for bit')
  })

  test('points at the first entry that was changed', async () => {
    const at = recording.seen.findIndex(
      (each) => each.type === 'effect' && each.effect.type === 'certified',
    )
    const steps = recording.seen.slice(0, at).filter(({ type }) => type !== 'visible')
    const sequence = steps.filter(({ type }) => type !== 'durable').length + 1
    const body = "CAST(substr(body, 1, 40) || x'ff' || substr(body, 42) AS BLOB)"
    const sql = `UPDATE step SET body = ${body} WHERE id = ${sequence}`
    const { exitCode, outcome } = await outcomeOf(changed(sql))
    expect(exitCode).toBe(11)
    const difference = { sequence, cause: 'effect', isDamaged: true, run: 1 }
    expect(outcome).toMatchObject({ runs: [{ state: 'different' }], difference })
    const { stdout } = await replay(changed(sql))
    expect(stdout).toContain(`first difference at sequence ${sequence}, round 15 (effect)`)
  })

  test('goes as far as a gap, then on with the next run', async () => {
    const { exitCode, outcome } = await outcomeOf(changed('DELETE FROM step WHERE id = 50'))
    expect(exitCode).toBe(9)
    expect(outcome.runs.map(({ state }) => state)).toEqual(['gap', 'tail'])
    expect(outcome.gaps).toMatchObject([{ run: 1, expectedNumber: 49, foundNumber: 50 }])
  })

  test('starts at the first beginning that is left, and refuses when there is none', async () => {
    const rolled = changed('DELETE FROM step WHERE id < 50')
    const { exitCode, outcome } = await outcomeOf(rolled)
    expect(exitCode).toBe(0)
    expect(outcome.runs.map(({ state }) => state)).toEqual(['beginningLost', 'tail'])
    const none = await replay(changed('DELETE FROM step WHERE number < 5'))
    expect(none).toMatchObject({ exitCode: 9, stdout: '' })
    expect(none.stderr).toMatch(/^REPLAY_BEGINNING_LOST: /)
  })

  test('ends after the last round asked for', async () => {
    const { exitCode, outcome } = await outcomeOf(changed(''), '--to', '10')
    expect(exitCode).toBe(0)
    expect(outcome.runs).toMatchObject([
      { state: 'same', to: 10 },
      { state: 'same', to: 10 },
    ])
    const beyond = await replay(changed(''), '--from', '99')
    expect(beyond).toMatchObject({ exitCode: 3 })
    expect(beyond.stderr).toMatch(/^REPLAY_NOTHING_HELD: /)
  })

  test('refuses the journal of another committee or member', async () => {
    const other = testCommittee({ seed: 'other' }).committee
    writeFileSync(join(directory, 'other.json'), formatCommittee(other))
    const path = changed('')
    const committeeFile = join(directory, 'other.json')
    const foreign = await parallax('replay', '--journal', path, '--committee', committeeFile)
    expect(foreign.exitCode).toBe(9)
    expect(foreign.stderr).toMatch(/^JOURNAL_COMMITTEE_OTHER: /)
    const member = await replay(path, '--member', '3')
    expect(member.exitCode).toBe(9)
    expect(member.stderr).toMatch(/^JOURNAL_MEMBER_OTHER: /)
  })

  test('refuses a journal with damaged pages, and one of a member that does not exist', async () => {
    const path = changed('')
    const bytes = readFileSync(path)
    // The first pages hold the schema; what follows is turned into noise.
    bytes.fill(0x5a, 12 * 4_096)
    writeFileSync(path, bytes)
    const damaged = await replay(path)
    expect(damaged).toMatchObject({ exitCode: 9, stdout: '' })
    expect(damaged.stderr).toMatch(/^JOURNAL_UNREADABLE: /)
    const nobody = await replay(changed('UPDATE run SET member = 9'))
    expect(nobody.stderr).toMatch(/^JOURNAL_MEMBER_OTHER: /)
  })

  test('needs files that belong together', async () => {
    const half = await parallax('replay', '--journal', 'x')
    expect(half.stderr).toMatch(/^USAGE_INVALID: give --config, or --journal and --committee/)
    const backwards = await replay('x', '--from', '5', '--to', '4')
    expect(backwards.stderr).toMatch(/^USAGE_INVALID: /)
  })
})
