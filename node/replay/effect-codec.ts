import type { Committee } from '../../aggregator/committee/committee.ts'
import type { Effect } from '../../aggregator/effects.ts'
import { encodeDirect } from '../../aggregator/messages/sync.ts'
import type { SigningSession } from '../../aggregator/signing/threshold.ts'
import { Packer } from './pack.ts'

/** First byte of a journalled effect. A number is never used again for something else. */
const TYPES = [
  'persist',
  'broadcast',
  'publish',
  'send',
  'setAlarm',
  'sample',
  'signShare',
  'combine',
  'eraseNonces',
  'certified',
  'keepCertificate',
  'keepEvidence',
  'skipped',
  'readChain',
  'transmit',
  'note',
  'halt',
] as const satisfies readonly Effect['type'][]

/**
 * All that an effect asks of the host, as bytes to be compared (protocol §10.4). They are never
 * read back: a replay makes each effect again from the events.
 */
export function encodeEffect(committee: Committee, effect: Effect): Uint8Array {
  const packer = new Packer().byte(TYPES.indexOf(effect.type))
  packFields(packer, committee, effect)
  return packer.done()
}

function packFields(packer: Packer, committee: Committee, effect: Effect): void {
  switch (effect.type) {
    case 'persist': {
      const { round, kind, digest } = effect.promise
      packer.number(round).text(kind).bytes(digest)
      return
    }
    case 'broadcast':
      packer.bytes(effect.message.body).bytes(effect.message.digest)
      return
    case 'publish':
      packer.bytes(effect.message.bytes)
      return
    case 'send':
      packer.number(effect.to).bytes(encodeDirect(committee, effect.message))
      return
    case 'setAlarm':
      packer.number(effect.atMs)
      return
    case 'sample':
    case 'skipped':
      packer.number(effect.round)
      return
    case 'signShare':
      packer.number(effect.round).number(effect.slot).bytes(effect.reportDigest)
      packer.number(effect.expectedNext)
      packSession(packer, effect.session)
      return
    case 'combine':
      packer.number(effect.round).number(effect.attempt)
      packSession(packer, effect.session)
      packer.list(effect.shares, (share) => packer.bytes(share))
      return
    case 'eraseNonces':
      packer.number(effect.upTo)
      return
    case 'certified':
      packer.text(effect.path).bytes(effect.certificate.bytes)
      return
    case 'keepCertificate':
      packer.bytes(effect.certificate.bytes)
      return
    case 'keepEvidence':
      packer.bytes(effect.evidence.bytes)
      return
    case 'readChain':
      packer.text(effect.target)
      return
    case 'transmit':
      packer.text(effect.target).bytes(effect.certificate.bytes)
      packer.list(effect.feeds, (feed) => packer.number(feed))
      return
    case 'note':
      packer.text(effect.code).number(effect.round).number(effect.members)
      return
    case 'halt':
      packer.text(effect.code)
  }
}

function packSession(packer: Packer, session: SigningSession): void {
  packer.bytes(session.message).number(session.signingSet)
  packer.list(session.commitments, ({ hiding, binding }) => packer.bytes(hiding).bytes(binding))
}
