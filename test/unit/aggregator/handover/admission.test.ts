import { expect, test } from 'vitest'
import { contextOf } from '../../../../aggregator/context.ts'
import { judgeStatement, type StatementsTaken } from '../../../../aggregator/handover/admission.ts'
import { ATTEMPT_MS } from '../../../../aggregator/handover/machine.ts'
import {
  digestOfStatement,
  type Offer,
  type Signed,
  type Statement,
  sealStatement,
} from '../../../../aggregator/handover/statements.ts'
import { referenceCrypto, signDigest, testCommittee } from '../../../support/committee.ts'

const four = testCommittee({ size: 4 })
/** Counts signatures that are checked. */
let checked = 0
const context = contextOf(
  {
    ...referenceCrypto,
    verifyMessage: (...given) => {
      checked += 1
      return referenceCrypto.verifyMessage(...given)
    },
  },
  four.committee,
)
/** The coordinator of this attempt is member 0. */
const NOW = 400
const MESSAGE = new Uint8Array(32).fill(7)
/** Compressed keys whose x lies on a point of the curve, and on none. */
const [POINT, NO_POINT] = [1, 5].map((x) => Uint8Array.of(2, ...new Uint8Array(31), x)) as [
  Uint8Array,
  Uint8Array,
]

function signed<S extends Statement>(statement: S): Signed<S> {
  const key = four.identityKeys[statement.sender] as Uint8Array
  const signature = signDigest(key, digestOfStatement(context, statement))
  return sealStatement(context, statement, signature) as Signed<S>
}

function offer(of: Partial<Offer> = {}): Signed<Offer> {
  const commitment = { hiding: POINT, binding: POINT }
  return signed({ type: 'offer', sender: 1, attempt: NOW, message: MESSAGE, commitment, ...of })
}

function session(sender: number, attempt = NOW) {
  const offers = [0, 1, 2].map((each) => offer({ sender: each, attempt }))
  return signed({ type: 'session', sender, attempt, message: MESSAGE, offers })
}

function share(sender: number) {
  const [one, two] = [new Uint8Array(32).fill(4), new Uint8Array(32).fill(5)]
  return signed({
    ...{ type: 'share', sender, attempt: NOW, message: MESSAGE },
    ...{ session: one, share: two },
  })
}

/** Verdicts at one member, in the order of arrival, as `verdict` or `verdict:code`. */
function verdictsOn(all: readonly { readonly bytes: Uint8Array }[], attempt = NOW): string[] {
  const taken: StatementsTaken = new Map()
  return all.map(({ bytes }) => judged(taken, bytes, attempt))
}

function judged(taken: StatementsTaken, bytes: Uint8Array, attempt: number): string {
  const given = judgeStatement(context, taken, { bytes, nowMs: attempt * ATTEMPT_MS })
  return given.verdict === 'accept' ? 'accept' : `${given.verdict}:${given.code}`
}

test('an offer, a session and a share of a member are taken in one attempt', () => {
  const all = [offer({ sender: 0 }), session(0), share(0), offer({ sender: 1 }), share(1)]
  expect(verdictsOn(all)).toEqual(['accept', 'accept', 'accept', 'accept', 'accept'])
})

test('given many offers of one member for one attempt, then the first alone is passed on', () => {
  const many = Array.from({ length: 20 }, (_, nth) =>
    offer({ message: new Uint8Array(32).fill(nth) }),
  )
  expect(verdictsOn(many)).toEqual(['accept', ...new Array(19).fill('ignore:SURPLUS')])
})

test('given offers for many attempts, then those that may be on somewhere are passed on', () => {
  const many = [-400, -2, -1, 0, 1, 2, 400].map((away) => offer({ attempt: NOW + away }))
  expect(verdictsOn(many).map((verdict) => verdict === 'accept')).toEqual([
    ...[false, false, true, true, true, false, false],
  ])
  expect(verdictsOn([offer({ attempt: NOW + 2 })])).toEqual(['ignore:ATTEMPT_OVER'])
})

test('a session is taken of the coordinator of its attempt alone', () => {
  expect(verdictsOn([session(1), session(0)])).toEqual(['ignore:NOT_COORDINATOR', 'accept'])
  expect(verdictsOn([session(0, NOW + 1), session(1, NOW + 1)])).toEqual([
    ...['ignore:NOT_COORDINATOR', 'accept'],
  ])
})

test('what is ignored costs no check of a signature', () => {
  const taken: StatementsTaken = new Map()
  const all = [session(1), offer({ attempt: NOW + 2 }), share(2)]
  judged(taken, share(2).bytes, NOW)
  checked = 0
  for (const { bytes } of all) judged(taken, bytes, NOW)
  expect(checked).toBe(0)
})

test('a forged statement is rejected, and takes nobody’s place', () => {
  const forged = Uint8Array.from(offer().bytes)
  forged[forged.length - 1] = (forged.at(-1) as number) ^ 1
  expect(verdictsOn([{ bytes: forged }, offer()])).toEqual(['reject:HANDOVER_INVALID', 'accept'])
  expect(verdictsOn([{ bytes: offer().bytes.subarray(1) }])).toEqual(['reject:HANDOVER_INVALID'])
})

test('attempts that are over are forgotten', () => {
  const taken: StatementsTaken = new Map()
  for (let attempt = NOW; attempt < NOW + 50; attempt++) {
    expect(judged(taken, offer({ attempt }).bytes, attempt)).toBe('accept')
  }
  expect([...taken.keys()]).toEqual([NOW + 48, NOW + 49])
})

test('a second session of a coordinator is told of once and passed on by nobody: others may have seen it alone', () => {
  const made = (members: readonly number[]) => {
    const offers = members.map((each) => offer({ sender: each }))
    return signed({ type: 'session' as const, sender: 0, attempt: NOW, message: MESSAGE, offers })
  }
  const [first, other, third] = [made([0, 1, 2]), made([0, 1, 3]), made([0, 2, 3])]
  const all = [first, first, other, other, third, first]
  checked = 0
  expect(verdictsOn(all)).toEqual([
    ...['accept', 'ignore:SURPLUS', 'ignore:CONFLICT'],
    ...['ignore:SURPLUS', 'ignore:SURPLUS', 'ignore:SURPLUS'],
  ])
  // Its own signature and those of three offers, of two sessions.
  expect(checked).toBe(8)
})

test('a session that its coordinator did not sign costs one signature, not those of its offers too', () => {
  const { bytes } = session(0)
  const forged = Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
  checked = 0
  expect(verdictsOn([{ bytes: forged }])).toEqual(['reject:HANDOVER_INVALID'])
  expect(checked).toBe(1)
})

test('an offer that nobody can sign with is taken by nobody, alone or within a session', () => {
  const spoilt = offer({ sender: 2, commitment: { hiding: POINT, binding: NO_POINT } })
  const offers = [offer({ sender: 0 }), offer({ sender: 1 }), spoilt]
  const head = { sender: 0, attempt: NOW, message: MESSAGE }
  const all = [spoilt, signed({ type: 'session' as const, ...head, offers }), offer({ sender: 2 })]
  const invalid = 'ignore:COMMITMENT_INVALID'
  expect(verdictsOn(all)).toEqual([invalid, invalid, 'ignore:SURPLUS'])
})
