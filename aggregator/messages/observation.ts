import { type Committee, isProbe } from '../committee/committee.ts'
import type { Reader, Writer } from '../values/codec.ts'
import {
  readBasis,
  readCommitment,
  readMembers,
  readPair,
  writeBasis,
  writeCommitment,
  writePair,
} from './fields.ts'
import type { Observation } from './messages.ts'

type Header = Pick<Observation, 'round' | 'sender'>

/**
 * timestampMs u64 ‖ pair ‖ basis ‖ vouched u32 ‖ presence bitmap ‖ int128 of each present feed ‖
 * root ‖ 3 commitments.
 */
export function writeObservation(writer: Writer, observation: Observation): void {
  writer.u64(observation.timestampMs)
  writePair(writer, observation.pair)
  writeBasis(writer, observation.basis)
  writer.u32(observation.vouched)
  const { values } = observation
  for (let start = 0; start < values.length; start += 8) {
    let byte = 0
    for (let bit = 0; bit < 8; bit++) {
      const value = values[start + bit]
      if (value !== undefined && value !== null) byte |= 1 << bit
    }
    writer.u8(byte)
  }
  for (const value of values) if (value !== null) writer.i128(value)
  writer.bytes(observation.sourceCommitment)
  for (const commitment of observation.commitments) writeCommitment(writer, commitment)
}

export function readObservation(reader: Reader, header: Header, committee: Committee): Observation {
  const timestampMs = reader.u64()
  const pair = readPair(reader, committee)
  const basis = readBasis(reader)
  const vouched = readMembers(reader, committee)
  reader.check(vouched === 0 || isProbe(committee, header.round), 'vouched for outside of a probe')
  reader.check((vouched & pair.expected) === 0, 'vouched for a member that is expected')
  const values = readValues(reader, committee)
  return {
    type: 'observation',
    ...header,
    timestampMs,
    pair,
    basis,
    vouched,
    values,
    sourceCommitment: reader.bytes(32),
    commitments: [readCommitment(reader), readCommitment(reader), readCommitment(reader)],
  }
}

function readValues(reader: Reader, committee: Committee): (bigint | null)[] {
  const { feeds } = committee.params
  const bitmap = reader.view((feeds.length + 7) >> 3)
  const unused = (bitmap.length << 3) - feeds.length
  const lastByte = bitmap[bitmap.length - 1] as number
  reader.check(lastByte >>> (8 - unused) === 0, 'presence bits beyond the feeds')
  return feeds.map((feed, index) => {
    const isPresent = (((bitmap[index >> 3] as number) >>> (index & 7)) & 1) === 1
    if (!isPresent) return null
    const value = reader.i128()
    reader.check(value >= feed.valueMin && value <= feed.valueMax, 'a value beyond its bounds')
    return value
  })
}
