import { roundAt } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import {
  admit,
  createAdmission,
  forgetAdmitted,
  isCertificatePast,
} from '../../aggregator/messages/admission.ts'
import { decode } from '../../aggregator/messages/codec.ts'
import type { Certificate, Verified } from '../../aggregator/messages/messages.ts'
import { validate } from '../../aggregator/messages/validate.ts'
import type { Judgement } from '../gossip/gossip.ts'

export interface CertificateJudgeDependencies {
  readonly context: Context
  readonly nowMs: () => number
  /** Takes a certificate that the group key signed; called before it is passed on. */
  readonly onCertificate: (certificate: Verified<Certificate>) => void
}

/**
 * Judges what strangers say on the reports topic: form, committee and window first, then the one
 * signature (protocol §5.5). Old certificates are public and as many as there were rounds, so they
 * are ignored before any cryptography, and a round is heard at most four times.
 */
export function certificateJudge(use: CertificateJudgeDependencies) {
  const { context, nowMs, onCertificate } = use
  const admission = createAdmission()
  let newest = 0
  return (bytes: Uint8Array): Judgement => {
    const decoded = decode(context.committee, bytes)
    if (decoded?.type !== 'certificate') return { verdict: 'reject', code: 'MALFORMED' }
    if (isCertificatePast(context.committee, decoded.round, newest)) {
      return { verdict: 'ignore', code: 'ROUND_PAST' }
    }
    const currentRound = roundAt(context.committee, nowMs())
    const verdict = validate(context, bytes, { topic: 'reports', currentRound })
    if (verdict.verdict !== 'accept') return { verdict: 'reject', code: 'CERTIFICATE_INVALID' }
    const certificate = verdict.message as Verified<Certificate>
    if (admit(admission, certificate) === 'surplus') return { verdict: 'ignore', code: 'SURPLUS' }
    if (decoded.round > newest) {
      newest = decoded.round
      forgetAdmitted(admission, context.committee, { currentRound: newest, bestRound: newest })
    }
    onCertificate(certificate)
    return { verdict: 'accept', code: 'ACCEPTED' }
  }
}
