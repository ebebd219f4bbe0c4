import { OracleError } from '../../errors.ts'
import {
  type CertificateFacts,
  type CertificateProof,
  checkCertificate,
} from '../../evidence/certificate-check.ts'
import { offlineContext } from '../../replay/offline.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE, exitCodeOf } from '../exit-codes.ts'
import { readTextFile } from '../text-file.ts'

/** A certificate of 1,024 feeds as JSON takes a tenth of this. */
const BYTES_MAX = 1_048_576

/** Checks what a committee said with nothing but its committee file. */
export const reportVerify = command({
  name: 'report verify',
  summary: 'Check a certificate against a committee file, without a node.',
  options: {
    committee: { type: 'string', value: 'FILE', describe: 'committee file', required: true },
    file: { type: 'string', value: 'FILE', describe: 'certificate: JSON of the API, or hex' },
    hex: { type: 'string', value: 'HEX', describe: 'or the certificate itself' },
  },
  run: async ({ committee, file, hex, json }, { stdout }) => {
    if ((file === undefined) === (hex === undefined)) {
      throw usageError('give --file or --hex', 'report verify')
    }
    const context = await offlineContext(committee)
    const text = hex ?? (await readTextFile(file ?? '', BYTES_MAX))
    const proof = checkCertificate(context, text)
    stdout.write(json ? `${JSON.stringify(proof)}\n` : textOf(proof))
    if (proof.type === 'valid') return EXIT_DONE
    return exitCodeOf(new OracleError('REPORT_UNPROVEN', 'the certificate is not valid'))
  },
})

function textOf(proof: CertificateProof): string {
  const verdict =
    proof.type === 'valid'
      ? "valid: the committee's key signed this"
      : `NOT VALID: the check of ${proof.failed} failed: ${proof.reason}`
  return [verdict, ...(proof.facts === null ? [] : factLines(proof.facts)), ''].join('\n')
}

function factLines(facts: CertificateFacts): readonly string[] {
  const { round, timestampMs, observers, signers, slot, reportDigest, feeds, isTimely } = facts
  const timely = isTimely ? '' : ', outside its round: no contract takes it'
  const width = Math.max(...feeds.map(({ name }) => name.length))
  return [
    `round ${round}, ${timestampMs} ms${timely}`,
    `report ${reportDigest}`,
    `observed by ${observers.join(', ')}; signed by ${signers.join(', ')} in slot ${slot}`,
    ...feeds.map(({ name, value, spread, observers: count }) => {
      const said = value === null ? 'unavailable' : `${value} ± ${spread}`
      return `${name.padEnd(width)}  ${said}, ${count} observers`
    }),
  ]
}
