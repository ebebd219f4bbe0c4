import { keygenContextOf } from '../../aggregator/keygen/context.ts'
import {
  EVIDENCE_TAG,
  type Evidence,
  encodeEvidence,
  openEvidence,
} from '../../aggregator/keygen/evidence.ts'
import {
  decodeHandover,
  decodeInventory,
  encodeHandover,
  encodeInventory,
} from '../../aggregator/keygen/exchange.ts'
import {
  encodeStatement,
  KEYGEN_VERSION,
  openStatement,
  type Signed,
  STATEMENT_TAG,
  type Statement,
  statementBytes,
  statementTypeOf,
} from '../../aggregator/keygen/statements.ts'
import { SIGNATURE_BYTES } from '../../aggregator/messages/fields.ts'
import { concat, equalBytes } from '../../aggregator/values/bytes.ts'
import { type Prng, prngOf } from '../../simulations/determinism/prng.ts'
import { committeeToBe } from '../support/keygen.ts'
import { mutateBytes, mutateFields } from './mutate.ts'
import { openCrypto, openSignature } from './signatures.ts'
import { Finding, headed, isHeaded, type Outcome, type Subject } from './subject.ts'

const SENDER_AT = 34
const SIZE = 4
const TAGS = Object.values(STATEMENT_TAG)
const INVENTORY_TAG = 71
const HANDOVER_TAG = 72

/** Everything that a member hears while keys are made. */
export function keygenSubjects(): readonly Subject[] {
  const { params } = committeeToBe({ size: SIZE })
  const context = keygenContextOf(openCrypto, params)
  const random = prngOf(1, 'keygen seeds')
  const digest = () => random.bytes(32)
  const list = (count: number, length: number) =>
    Array.from({ length: count }, () => random.bytes(length))

  const sign = (body: Uint8Array): Uint8Array => {
    const key = context.identityKeys[(body[SENDER_AT] ?? 0) % SIZE] ?? new Uint8Array(33)
    return concat(body, openSignature(key, openCrypto.keccak256(body)))
  }
  const made = (statement: Statement): Uint8Array => sign(encodeStatement(context, statement))
  const seeds = [
    made({
      type: 'package',
      sender: 0,
      commitment: list(context.threshold, 33),
      proof: random.bytes(65),
    }),
    made({ type: 'echo', sender: 1, packages: list(SIZE, 32) }),
    made({ type: 'echo', sender: 1, packages: list(SIZE, 32) }),
    made({ type: 'share', sender: 2, recipient: 1, package: digest(), share: digest() }),
    made({ type: 'result', sender: 3, transcript: digest(), result: digest() }),
    made({ type: 'accusation', sender: 0, phase: 'shares', against: 0b110 }),
  ]

  /** A head and a length that pass; what is missing at the end is filled up. */
  const repair = (bytes: Uint8Array, chance: Prng): Uint8Array => {
    const known = statementTypeOf(bytes)
    const tag = known === null ? (TAGS[chance.below(TAGS.length)] as number) : (bytes[0] as number)
    const fixed = headed(bytes, [tag, KEYGEN_VERSION], context.digest)
    const type = statementTypeOf(fixed)
    if (type === null) return fixed
    const body = new Uint8Array(statementBytes(context, type) - SIGNATURE_BYTES)
    body.set(fixed.subarray(0, body.length))
    body[SENDER_AT] = (body[SENDER_AT] as number) % SIZE
    return sign(body)
  }

  const vary = (bytes: Uint8Array, chance: Prng): Uint8Array | null => {
    const opened = openStatement(context, bytes)
    if (opened.type === 'refused') return null
    const { type, ...fields } = opened.signed.statement
    const inner = (value: Uint8Array) => sameLength(mutateBytes(value, bytes, chance), value.length)
    try {
      return made({ type, ...mutateFields(fields, chance, inner) } as Statement)
    } catch {
      return null
    }
  }

  const statements: Subject = {
    name: 'keygen statements',
    seeds,
    judge: (bytes) => {
      const type = statementTypeOf(bytes) ?? 'unknown'
      const opened = openStatement(context, bytes)
      if (opened.type === 'refused') return { name: `${type} ${opened.code}`, isAccepted: false }
      const { statement } = opened.signed
      const signature = bytes.subarray(bytes.length - SIGNATURE_BYTES)
      return same(concat(encodeStatement(context, statement), signature), bytes, type)
    },
    isPastHead: (bytes) => {
      const type = statementTypeOf(bytes)
      return (
        type !== null &&
        bytes.length === statementBytes(context, type) &&
        isHeaded(bytes, KEYGEN_VERSION, context.digest) &&
        (bytes[SENDER_AT] ?? 255) < SIZE
      )
    },
    vary,
    repair,
  }

  const opened = (bytes: Uint8Array): Signed => {
    const result = openStatement(context, bytes)
    if (result.type === 'refused') throw new Error('a seed is sound')
    return result.signed
  }
  const [first = new Uint8Array(), ...others] = seeds
  const pair = [others[0], others[1]].map((bytes) => opened(bytes ?? new Uint8Array()))
  const convicting: Evidence[] = [
    { kind: 'contradiction', accused: 1, statements: pair },
    { kind: 'package', accused: 0, statements: [opened(first)] },
  ]
  const evidence: Subject = {
    name: 'keygen evidence',
    seeds: convicting.map((each) => encodeEvidence(context, each)),
    judge: (bytes) => {
      const convicts = openEvidence(context, bytes)
      if (convicts === null) return { name: 'keygen evidence refused', isAccepted: false }
      return same(encodeEvidence(context, convicts), bytes, `keygen evidence ${convicts.kind}`)
    },
    isPastHead: (bytes) =>
      bytes[0] === EVIDENCE_TAG &&
      isHeaded(bytes, KEYGEN_VERSION, context.digest) &&
      (bytes[35] ?? 255) < SIZE,
    vary: (bytes, chance) => {
      const convicts = openEvidence(context, bytes)
      if (convicts === null) return null
      const statements = convicts.statements.map((each) => {
        if (chance.below(2) === 0) return each
        const varied = vary(each.bytes, chance) ?? each.bytes
        return { ...each, bytes: varied }
      })
      return encodeEvidence(context, { ...convicts, statements })
    },
    repair: (bytes) => {
      const fixed = headed(bytes, [EVIDENCE_TAG, KEYGEN_VERSION], context.digest)
      if (fixed.length > 35) fixed[35] = (fixed[35] as number) % SIZE
      return fixed
    },
  }
  return [statements, evidence, ...exchanges(context, seeds)]
}

/** What members tell one another over direct streams. */
function exchanges(
  context: ReturnType<typeof keygenContextOf>,
  items: readonly Uint8Array[],
): readonly Subject[] {
  const empty = Array.from({ length: SIZE }, () => null)
  const inventory: Subject = {
    name: 'keygen inventory',
    seeds: [
      encodeInventory(context, { packages: empty, echoes: 0, results: 0, shares: 0b1 }),
      encodeInventory(context, {
        packages: [new Uint8Array(32).fill(9), ...empty.slice(1)],
        echoes: 0b11,
        results: 0b1,
        shares: 0b111,
      }),
    ],
    judge: (bytes) => {
      const decoded = decodeInventory(context, bytes)
      if (decoded === null) return { name: 'inventory refused', isAccepted: false }
      return same(encodeInventory(context, decoded), bytes, 'inventory')
    },
    isPastHead: (bytes) =>
      bytes[0] === INVENTORY_TAG && isHeaded(bytes, KEYGEN_VERSION, context.digest),
    vary: () => null,
    repair: (bytes) => headed(bytes, [INVENTORY_TAG, KEYGEN_VERSION], context.digest),
  }
  const handover: Subject = {
    name: 'keygen handover',
    seeds: [encodeHandover(context, []), encodeHandover(context, items)],
    judge: (bytes) => {
      const decoded = decodeHandover(context, bytes)
      if (decoded === null) return { name: 'handover refused', isAccepted: false }
      return same(encodeHandover(context, decoded), bytes, 'handover')
    },
    isPastHead: (bytes) =>
      bytes[0] === HANDOVER_TAG && isHeaded(bytes, KEYGEN_VERSION, context.digest),
    vary: (bytes, chance) => {
      const decoded = decodeHandover(context, bytes)
      if (decoded === null) return null
      const inner = (value: Uint8Array) => mutateBytes(value, bytes, chance)
      return encodeHandover(context, mutateFields(decoded, chance, inner))
    },
    repair: (bytes) => headed(bytes, [HANDOVER_TAG, KEYGEN_VERSION], context.digest),
  }
  return [inventory, handover]
}

function sameLength(bytes: Uint8Array, length: number): Uint8Array {
  const fitted = new Uint8Array(length)
  fitted.set(bytes.subarray(0, length))
  return fitted
}

function same(made: Uint8Array, given: Uint8Array, name: string): Outcome {
  if (!equalBytes(made, given)) throw new Finding(`${name}: accepted bytes are not canonical`)
  return { name: `${name} accepted`, isAccepted: true }
}
