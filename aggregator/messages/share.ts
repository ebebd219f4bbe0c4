import type { Committee } from '../committee/committee.ts'
import type { Reader, Writer } from '../values/codec.ts'
import { readMembers, readSlot } from './fields.ts'
import type { SignatureShare } from './messages.ts'

type Header = Pick<SignatureShare, 'round' | 'sender'>

/** slot ‖ reportDigest ‖ signingSet ‖ expectedNext ‖ inputsDigest ‖ share. */
export function writeShare(writer: Writer, share: SignatureShare): void {
  writer
    .u8(share.slot)
    .bytes(share.reportDigest)
    .u32(share.signingSet)
    .u32(share.expectedNext)
    .bytes(share.inputsDigest)
    .bytes(share.share)
}

export function readShare(reader: Reader, header: Header, committee: Committee): SignatureShare {
  return {
    type: 'share',
    ...header,
    slot: readSlot(reader),
    reportDigest: reader.bytes(32),
    signingSet: readMembers(reader, committee),
    expectedNext: readMembers(reader, committee),
    inputsDigest: reader.bytes(32),
    share: reader.bytes(32),
  }
}
