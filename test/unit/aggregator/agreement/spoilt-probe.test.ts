import { describe, expect, test } from 'vitest'
import type { Observation, Proposal, Verified } from '../../../../aggregator/messages/messages.ts'
import {
  hasMember,
  listMembers,
  type Members,
  withMember,
  withoutMember,
} from '../../../../aggregator/values/ids.ts'
import { testCommittee } from '../../../support/committee.ts'
import { Script } from '../../../support/script.ts'

const PROBE = 64
const BASIS = { round: PROBE - 1, slot: 0 }
const testOf7 = testCommittee({ size: 7 })
// The one whose turn the probe is, so that only the proposer can keep it out.
const RETURNING = (PROBE / testOf7.committee.params.probeEvery) % 7
const OTHERS = new Script({ test: testOf7 }).order(PROBE).filter((each) => each !== RETURNING)
const [PROPOSER, JUDGE, GONE] = OTHERS as [number, number, number]
const EXPECTED = withoutMember(testOf7.committee.all, RETURNING)
const PRESENT = withoutMember(EXPECTED, GONE)

/**
 * A machine in a probe round that one expected member spoils, and in which the others vouch for the
 * excluded one; `said` are observations that somebody's own machine made.
 */
function probed(
  self: number,
  given: { readonly heardMs?: number; readonly said?: readonly Verified<Observation>[] } = {},
): Script {
  const { heardMs = 10, said = [] } = given
  const script = new Script({ test: testOf7, self }).starts(PROBE).waits(1, PROBE - 1)
  const certificate = { round: BASIS.round, signingSet: PRESENT, expectedNext: EXPECTED }
  script
    .receives(script.forge.certificate(certificate))
    .waits(1, PROBE)
    .receives(...said)
  const about = { round: PROBE, pair: script.pair(PROBE), basis: BASIS }
  const vouched = withMember(0, RETURNING)
  for (const sender of listMembers(withoutMember(PRESENT, self))) {
    if (script.observations(PROBE)[sender] !== undefined) continue
    script.receives(script.forge.observation({ ...about, sender, vouched }))
  }
  script.waits(heardMs, PROBE)
  return script.receives(script.forge.observation({ ...about, sender: RETURNING }))
}

const isSigned = (script: Script) =>
  script.all('signShare').some(({ round, slot }) => round === PROBE && slot === 1)

describe('† who comes back may not be left out (protocol §4.5, §6.7)', () => {
  /** Whether the judge signs what the proposer puts over these observers. */
  function isOverSigned(script: Script, observers: Members): boolean {
    const isBack = hasMember(observers, RETURNING)
    const proposal = script.forge.proposal(script.observations(PROBE), {
      round: PROBE,
      sender: PROPOSER,
      rank: 0,
      observers,
      signingSet: PRESENT,
      expectedNext: isBack ? withMember(EXPECTED, RETURNING) : EXPECTED,
      basis: BASIS,
    })
    return isSigned(script.waits(130, PROBE).receives(proposal))
  }

  test('given a spoilt probe round, a proposal without the one that comes back is refused', () => {
    expect(isOverSigned(probed(JUDGE), PRESENT)).toBe(false)
    expect(isOverSigned(probed(JUDGE), withMember(PRESENT, RETURNING))).toBe(true)
  })

  test('given it came after includeMs, either is signed', () => {
    expect(isOverSigned(probed(JUDGE, { heardMs: 61 }), PRESENT)).toBe(true)
    const script = probed(JUDGE, { heardMs: 61 })
    expect(isOverSigned(script, withMember(PRESENT, RETURNING))).toBe(true)
  })
})

describe('who would come back and is convicted (protocol §5.3, §6.7)', () => {
  /** What the proposer puts, having convicted the member; and a judge that has not. */
  function story(): { readonly judge: Script; readonly proposal: Verified<Proposal> } {
    const ownOf = (script: Script, self: number) =>
      script.observations(PROBE)[self] as Verified<Observation>
    const judge = probed(JUDGE, { said: [ownOf(probed(PROPOSER), PROPOSER)] })
    const proposer = probed(PROPOSER, { said: [ownOf(judge, JUDGE)] })
    proposer.receives(proposer.forge.evidence(RETURNING, 3)).waits(120, PROBE)
    const [message] = proposer.sent('proposal')
    if (message === undefined) throw new Error('it was to propose')
    return { judge, proposal: proposer.forge.seal(message) }
  }

  test('its evidence is attached, so that a signer that has not heard of it signs', () => {
    const { judge, proposal } = story()
    expect(hasMember(proposal.message.observers, RETURNING)).toBe(false)
    expect(proposal.message.evidence.map(({ message }) => message.accused)).toEqual([RETURNING])
    expect(isSigned(judge.waits(130, PROBE).receives(proposal))).toBe(true)
  })

  test('without the evidence that signer refuses', () => {
    const { judge, proposal } = story()
    const bare = judge.forge.seal({ ...proposal.message, evidence: [] })
    expect(isSigned(judge.waits(130, PROBE).receives(bare))).toBe(false)
  })
})
