import { describe, expect, test } from 'vitest'
import type {
  PackageStatement,
  Signed,
  Statement,
} from '../../../../aggregator/keygen/statements.ts'
import { membersOf } from '../../../../aggregator/values/ids.ts'
import { type ClusterMember, KeygenCluster, signStatement } from '../../../support/keygen.ts'

const LIAR = 3
const VICTIM = 2

/** Four members of which the victim stops right after its promise of the result, and comes back. */
function comeback(): { readonly cluster: KeygenCluster; readonly back: ClusterMember } {
  const crash = { member: VICTIM, effect: 'keepShare', when: 'after' } as const
  const cluster = new KeygenCluster({ size: 4 }, { crash }).run()
  const back = cluster.restart(VICTIM)
  cluster.start(back)
  cluster.settle()
  return { cluster, back }
}

/** Signed by the liar, as it pleases. */
function forged(cluster: KeygenCluster, statement: Statement): Signed {
  return signStatement(cluster.context, statement, cluster.at(LIAR).identityKey)
}

function tell(cluster: KeygenCluster, to: ClusterMember, statements: readonly Signed[]): void {
  for (const signed of statements) cluster.receive(to, signed)
  cluster.settle()
}

/** What all members hold of the others, by the state of the first. */
function held<K extends 'packages' | 'echoes' | 'results'>(cluster: KeygenCluster, kind: K) {
  const all = cluster.at(0).state[kind]
  return all.filter((each) => each !== null) as NonNullable<(typeof all)[number]>[]
}

/** The liar's signature of the right result, under a transcript of nothing. */
function resultUnderAnotherTranscript(cluster: KeygenCluster) {
  const [right] = held(cluster, 'results')
  if (right === undefined) throw new Error('the others have signed')
  const { result } = right.statement
  return forged(cluster, { type: 'result', sender: LIAR, transcript: new Uint8Array(32), result })
}

describe('a member that comes back after its promise, among liars (protocol §11.1)', () => {
  test('does not end for a right result under another transcript, and names its sender', () => {
    const { cluster, back } = comeback()
    const wrong = resultUnderAnotherTranscript(cluster)
    const others = held(cluster, 'results').filter(({ statement }) => statement.sender !== LIAR)
    tell(cluster, back, [...others, wrong])
    expect(back.state.outcome).toBeNull()
    cluster.pass(10_001)
    const late = { type: 'late', phase: 'results', missing: membersOf([LIAR]) }
    expect(back.state.outcome).toEqual(late)
  })

  test('convicts by that result as soon as it has the echo which it contradicts', () => {
    const { cluster, back } = comeback()
    const wrong = resultUnderAnotherTranscript(cluster)
    tell(cluster, back, [wrong, ...held(cluster, 'echoes')])
    const evidence = { accused: LIAR, kind: 'contradiction' }
    expect(back.state.outcome).toMatchObject({ type: 'convicted', evidence })
  })

  test('does not end for a package of another attempt to be, and convicts by the real one', () => {
    const { cluster, back } = comeback()
    const elsewhere = new KeygenCluster({ size: 4, attempt: 5 }).run().at(LIAR)
    const other = elsewhere.state.packages[LIAR]?.statement as PackageStatement
    const packages = held(cluster, 'packages')
    const [real] = packages.filter(({ statement }) => statement.sender === LIAR)
    const others = packages.filter(({ statement }) => statement.sender !== LIAR)
    const [result] = held(cluster, 'results').filter(({ statement }) => statement.sender === LIAR)
    if (real === undefined || result === undefined) throw new Error('the liar said the truth')
    // From its other package nothing follows here; its wrong result names the real one.
    const wrong = forged(cluster, { ...result.statement, result: new Uint8Array(32) })
    tell(cluster, back, [forged(cluster, other), ...others, wrong])
    expect(back.state.outcome).toBeNull()
    tell(cluster, back, [real])
    const evidence = { accused: LIAR, kind: 'contradiction' }
    expect(back.state.outcome).toMatchObject({ type: 'convicted', evidence })
  })
})

describe('a member that gives up before it said anything', () => {
  /** The liar has sent its package while the victim still waits for somebody. */
  function waiting(): { readonly cluster: KeygenCluster; readonly victim: ClusterMember } {
    const cluster = new KeygenCluster({ size: 4 })
    for (const member of cluster.members) cluster.start(member)
    const other = new KeygenCluster({ size: 4, attempt: 5 }).run().at(LIAR).state.packages[LIAR]
    const victim = cluster.at(VICTIM)
    tell(cluster, victim, [forged(cluster, other?.statement as PackageStatement)])
    expect(victim.state.phase).toBe('meeting')
    return { cluster, victim }
  }
  const said = ({ members }: KeygenCluster) =>
    members.flatMap(({ state }) => state.accusations.filter((each) => each !== null))

  test.each([
    ['is stopped', 'stopped', 0],
    ['waits in vain', 'ticked', 60_000],
  ] as const)('%s: nothing keeps it from the same attempt', (_, type, afterMs) => {
    const { cluster, victim } = waiting()
    cluster.report(victim, { type, nowMs: cluster.nowMs + afterMs })
    cluster.settle()
    expect(victim.state.outcome?.type).toBe(type === 'stopped' ? 'stopped' : 'late')
    // What it had said for good the liar could show to the others in its next run.
    expect(said(cluster)).toEqual([])
    expect(victim.disk).toEqual({ package: null, kept: null })
  })

  test('is stopped while it asks the others, before its package is made: the same', () => {
    const { cluster, victim } = waiting()
    cluster.meet(victim)
    cluster.report(victim, { type: 'stopped', nowMs: cluster.nowMs })
    cluster.settle()
    expect(victim.state.outcome).toEqual({ type: 'stopped' })
    expect(said(cluster)).toEqual([])
    expect(victim.disk).toEqual({ package: null, kept: null })
  })
})

describe('a member whose disk is empty or older, in an attempt that it took part in', () => {
  /** The victim spoke, lost its disk, and begins the same attempt again; it hears itself. */
  function forgotten() {
    const cluster = new KeygenCluster({ size: 4 }, { onStatement: () => null }).run()
    const before = cluster.at(VICTIM).state.packages[VICTIM]
    if (before === null || before === undefined) throw new Error('it has spoken')
    cluster.at(VICTIM).disk.package = null
    const again = cluster.restart(VICTIM)
    cluster.start(again)
    return { cluster, again, before }
  }

  test('given it hears what it said before it speaks, then it ends and is convicted of nothing', () => {
    const { cluster, again, before } = forgotten()
    tell(cluster, again, [before])
    expect(again.state.outcome).toEqual({ type: 'spent' })
    cluster.meet(again)
    cluster.settle()
    expect(again.disk.package).toBeNull()
    for (const { state } of cluster.members) expect(state.evidence).toBeNull()
  })

  test('given its promised result, then what it said before is no other process of its key', () => {
    const { cluster, back } = comeback()
    const [own] = held(cluster, 'packages').filter(({ statement }) => statement.sender === VICTIM)
    if (own === undefined) throw new Error('it has spoken')
    tell(cluster, back, [own])
    expect(back.state.outcome).toBeNull()
  })
})
