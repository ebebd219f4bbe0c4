import { expect, test } from 'vitest'
import { contextOf } from '../../../aggregator/context.ts'
import { encodeDirect } from '../../../aggregator/messages/sync.ts'
import { idealScheme } from '../../../aggregator/signing/ideal.ts'
import { Inbound } from '../../../node/inbound.ts'
import { referenceCrypto, testCommittee } from '../../support/committee.ts'
import { Forge } from '../../support/forge.ts'

const four = testCommittee({ size: 4 })
const context = contextOf({ ...referenceCrypto, threshold: idealScheme(1) }, four.committee)
const forge = new Forge(four, context)
const ROUND = 100
const FROM = 2

const [certificate, newer] = [ROUND - 1, ROUND].map(
  (round) => forge.certificate({ round, signingSet: 0b111, expectedNext: 0b1111 }).bytes,
) as [Uint8Array, Uint8Array]
const observations = [0, 1, 3].map(
  (sender) => forge.observation({ round: ROUND, sender, pair: { expected: 15, signing: 7 } }).bytes,
)
const forged = Uint8Array.from(certificate, (byte, place) => (place === 41 ? byte + 1 : byte))
const answer = (...messages: Uint8Array[]) =>
  encodeDirect(four.committee, { type: 'syncAnswer', messages })

/** A member's inbound with an allowance; what waits for a turn of its own waits in `turns`. */
function inboundWith(allowance = 100, clock: 'agrees' | 'doubted' = 'agrees') {
  const seen = { taken: [] as string[], judged: [] as string[], acknowledged: [] as number[] }
  const turns: (() => void)[] = []
  let left = allowance
  const inbound = new Inbound(context, {
    clock: { nowMs: () => ROUND * 500, setAlarm: () => undefined, clearAlarm: () => undefined },
    report: (event) => {
      seen.taken.push(event.type === 'received' ? event.message.message.type : event.type)
    },
    bestRound: () => ROUND - 1,
    isClockDoubted: () => clock === 'doubted',
    acknowledge: (from) => seen.acknowledged.push(from),
    admit: () => left-- > 0,
    judged: (from, { verdict, code }) => seen.judged.push(`${from} ${verdict}:${code}`),
    later: (work) => turns.push(work),
  })
  const finish = () => {
    for (let next = turns.shift(); next !== undefined; next = turns.shift()) next()
  }
  return { inbound, seen, turns, finish }
}

test('given an answer to its question, then it takes one message in a turn, and counts each', () => {
  const { inbound, seen, turns, finish } = inboundWith()
  inbound.onAnswer(FROM, answer(certificate, ...observations))
  expect(seen.taken).toEqual(['answered', 'certificate'])
  expect(turns).toHaveLength(1)
  finish()
  const own = ['observation', 'observation', 'observation']
  expect(seen.taken).toEqual(['answered', 'certificate', ...own])
  expect(seen.judged).toEqual(new Array(4).fill(`${FROM} accept:ACCEPTED`))
})

test('given a message that only a faulty peer sends, then nothing after it is read', () => {
  const { inbound, seen, finish } = inboundWith()
  inbound.onAnswer(FROM, answer(...observations.slice(0, 1), forged, ...observations))
  finish()
  expect(seen.taken).toEqual(['answered', 'observation'])
  expect(seen.judged).toEqual([
    ...[`${FROM} accept:ACCEPTED`, `${FROM} reject:CERTIFICATE_INVALID`],
  ])
})

test('given the allowance of its sender is used up, then the rest of an answer is dropped', () => {
  const { inbound, seen, finish } = inboundWith(2)
  inbound.onAnswer(FROM, answer(certificate, ...observations))
  finish()
  expect(seen.taken).toEqual(['answered', 'certificate', 'observation'])
})

test('given messages that nobody asked for, then one certificate is taken, and nothing else', () => {
  const { inbound, seen, finish } = inboundWith()
  inbound.onRequest(FROM, answer(certificate, newer, ...observations))
  inbound.onRequest(FROM, answer(...observations))
  finish()
  expect(seen.taken).toEqual(['certificate'])
  expect(seen.acknowledged).toEqual([FROM, FROM])
})

test('what is no direct message counts against its sender', () => {
  const { inbound, seen } = inboundWith()
  inbound.onRequest(FROM, Uint8Array.of(1, 2, 3))
  inbound.onAnswer(FROM, new Uint8Array(0))
  expect(seen.judged).toEqual(new Array(2).fill(`${FROM} reject:MALFORMED`))
})

test('who speaks in rounds long past is told of while the clock is doubted alone (§4.6)', () => {
  const past = ROUND - 90
  const pair = { expected: 15, signing: 7 }
  const { bytes } = forge.observation({ round: past, sender: 1, pair })
  const unsigned = Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
  for (const [clock, told] of [
    ['agrees', []],
    ['doubted', ['memberBehind']],
  ] as const) {
    const { inbound, seen } = inboundWith(100, clock)
    const verdict = { verdict: 'ignore', code: 'ROUND_PAST' }
    expect(inbound.onMessage({ topic: 'protocol', bytes })).toEqual(verdict)
    expect(inbound.onMessage({ topic: 'protocol', bytes: unsigned }).verdict).toBe(
      clock === 'doubted' ? 'reject' : 'ignore',
    )
    expect(seen.taken).toEqual(told)
  }
})
