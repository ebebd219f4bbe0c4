import type { MemberIndex, Round } from '../../aggregator/values/ids.ts'

/** Values of all feeds as one member saw them, or as a report has them. */
export type Values = readonly (bigint | null)[]

/** What one member observed, under its signature. */
export interface Observed {
  readonly member: MemberIndex
  readonly values: Values
}

/**
 * A message of a reference protocol. Whoever gets it knows who sent it, and nobody can change what
 * another has signed: signatures are as good as ideal ones, and only their bytes count.
 */
export interface ProtocolMessage {
  readonly type:
    | 'start'
    | 'observation'
    | 'proposal'
    | 'prepare'
    | 'commit'
    | 'signature'
    | 'final'
    | 'newEpoch'
  readonly round: Round
  readonly epoch: number
  /** Signed observations that it carries. */
  readonly observed?: readonly Observed[]
  /** The report that it is about. */
  readonly report?: Values
  /** Signatures that it carries besides those of observations. */
  readonly signatures: number
}

/** What a member of a reference protocol can do in the world. */
export interface ProtocolPort {
  readonly member: MemberIndex
  readonly size: number
  readonly f: number
  /** How long a member waits for progress before it wants another leader, in microseconds. */
  readonly progressUs: number
  /** Results of one leader, after which the next one leads. */
  readonly epochRounds: number
  readonly observe: (round: Round) => Values
  /** To oneself it arrives at once. */
  readonly send: (to: MemberIndex, message: ProtocolMessage) => void
  /** To everyone, and to oneself. */
  readonly broadcast: (message: ProtocolMessage) => void
  /** There is one alarm; a new one replaces it. */
  readonly setAlarm: (afterUs: number) => void
  /** The member has a result of a round that others can verify. */
  readonly certify: (result: {
    readonly round: Round
    readonly report: Values
    /** By the first leader of the round, or after another one took over. */
    readonly attempt: 'first' | 'later'
  }) => void
}

/** A member of a reference protocol. */
export interface ProtocolMember {
  /** Its process begins, or comes back with what it had on its disk. */
  readonly onStart: () => void
  /** A round opens by its clock. */
  readonly onRound: (round: Round) => void
  readonly onMessage: (from: MemberIndex, message: ProtocolMessage) => void
  readonly onAlarm: () => void
}

export type CreateProtocolMember = (port: ProtocolPort) => ProtocolMember

/** Digest of the configuration (32), epoch and round (8 each), type and lengths (8). */
const HEAD_BYTES = 56
/** Ed25519 64 bytes, secp256k1 with its recovery bit 65. */
const SIGNATURE_BYTES = 65
/** A signed value of 192 bits, as observations of OCR have it; a word of a report. */
const OBSERVED_VALUE_BYTES = 24
const REPORT_VALUE_BYTES = 32

/** Size of a message on the wire, without what carries it. */
export function bytesOf({ observed = [], report = [], signatures }: ProtocolMessage): number {
  const observedBytes = observed.reduce(
    // The member's number in two bytes.
    (sum, { values }) => sum + 2 + OBSERVED_VALUE_BYTES * values.length + SIGNATURE_BYTES,
    0,
  )
  const reportBytes = REPORT_VALUE_BYTES * report.length
  return HEAD_BYTES + observedBytes + reportBytes + SIGNATURE_BYTES * signatures
}
