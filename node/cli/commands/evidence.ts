import { join } from 'node:path'
import type { Context } from '../../../aggregator/context.ts'
import { fromHex } from '../../../aggregator/values/bytes.ts'
import { askNode } from '../../api/ask-node.ts'
import { JOURNAL_FILE } from '../../compose/store.ts'
import { loadConfig } from '../../config/load.ts'
import { OracleError } from '../../errors.ts'
import { convictionCalldata, registrationCalldata } from '../../evidence/calldata.ts'
import {
  EVIDENCE_FILE_BYTES_MAX,
  type EvidenceFile,
  type Proof,
  parseEvidenceFile,
  proofOfOne,
  proofOfPair,
  proofsOf,
} from '../../evidence/evidence-file.ts'
import { evidenceInJournal } from '../../evidence/held-evidence.ts'
import { offlineContext } from '../../replay/offline.ts'
import { command, usageError } from '../command.ts'
import { EXIT_DONE, exitCodeOf } from '../exit-codes.ts'
import { writeNewFile } from '../new-file.ts'
import { readTextFile } from '../text-file.ts'

const WHERE = {
  url: { type: 'string', value: 'URL', describe: 'ask a running node' },
  config: { type: 'string', value: 'FILE', describe: "read a node's data directory; it may run" },
} as const

/** Lists the evidence that a node holds. */
export const evidenceList = command({
  name: 'evidence list',
  summary: 'List the members that a node holds evidence against.',
  options: WHERE,
  run: async ({ url, config, json }, { stdout }) => {
    const file = await heldBy('evidence list', url, config)
    const brief = file.evidence.map(({ accused, identityKey, round, kind }) => ({
      ...{ accused, identityKey, round, kind },
    }))
    const lines = brief.map(accusation)
    const text = lines.length === 0 ? 'no evidence against anybody' : lines.join('\n')
    stdout.write(json ? `${JSON.stringify(brief)}\n` : `${text}\n`)
    return EXIT_DONE
  },
})

/** Writes evidence to a file that anybody can check. */
export const evidenceExport = command({
  name: 'evidence export',
  summary: 'Write the evidence that a node holds to a file for others.',
  options: {
    ...WHERE,
    accused: { type: 'string', value: 'I', describe: 'against this member alone' },
    out: { type: 'string', value: 'FILE', describe: 'new file', required: true },
  },
  run: async ({ url, config, accused, out, json }, { stdout }) => {
    if (accused !== undefined && !/^[0-9]{1,2}$/.test(accused)) {
      throw usageError('--accused must be the index of a member', 'evidence export')
    }
    const held = await heldBy('evidence export', url, config)
    const chosen = held.evidence.filter(
      (entry) => accused === undefined || entry.accused === Number(accused),
    )
    if (chosen.length === 0) {
      throw new OracleError('EVIDENCE_NONE', 'the node holds no such evidence; see evidence list')
    }
    await writeNewFile(out, `${JSON.stringify({ ...held, evidence: chosen }, null, 2)}\n`)
    const members = chosen.map((entry) => entry.accused)
    const names = members.map((each) => `member ${each}`).join(', ')
    const text = `${out} holds evidence against ${names}`
    stdout.write(json ? `${JSON.stringify({ file: out, accused: members })}\n` : `${text}\n`)
    return EXIT_DONE
  },
})

/** Checks evidence with nothing but a committee file. */
export const evidenceVerify = command({
  name: 'evidence verify',
  summary: 'Check evidence against a committee file, without a node.',
  options: {
    committee: { type: 'string', value: 'FILE', describe: 'committee file', required: true },
    file: { type: 'string', value: 'FILE', describe: 'what evidence export wrote' },
    message: { type: 'string', value: 'HEX', describe: 'or messages, one or two', multiple: true },
  },
  run: async ({ committee, file, message, json }, { stdout }) => {
    if ((file === undefined) === (message.length === 0) || message.length > 2) {
      throw usageError('give --file, or --message once or twice', 'evidence verify')
    }
    const context = await offlineContext(committee)
    const proofs = await proofsFrom(context, file, message)
    stdout.write(json ? `${JSON.stringify(proofs)}\n` : `${proofsText(proofs)}\n`)
    const isProven = proofs.length > 0 && proofs.every(({ type }) => type === 'proven')
    if (isProven) return EXIT_DONE
    return exitCodeOf(new OracleError('EVIDENCE_UNPROVEN', 'not everything is proven'))
  },
})

/** Writes what convicts on chain: transactions for anybody's wallet. */
export const evidenceCalldata = command({
  name: 'evidence calldata',
  summary: 'Print the calldata that convicts in an EvidenceRegistry.',
  options: {
    committee: { type: 'string', value: 'FILE', describe: 'committee file', required: true },
    file: { type: 'string', value: 'FILE', describe: 'what evidence export wrote', required: true },
  },
  run: async ({ committee, file, json }, { stdout }) => {
    const context = await offlineContext(committee)
    const held = parseEvidenceFile(await readTextFile(file, EVIDENCE_FILE_BYTES_MAX))
    const { params } = context.committee
    const proofs = proofsOf(context, held)
    // A transaction that reverts costs its sender: nothing is printed unless everything is proven.
    if (proofs.some(({ type }) => type !== 'proven')) {
      throw new OracleError('EVIDENCE_UNPROVEN', 'not everything is proven; see evidence verify')
    }
    const calls = {
      registerCommittee: registrationCalldata(params),
      convict: held.evidence.map(({ accused, messages: [first, second] }) => ({
        accused,
        calldata: convictionCalldata(params, [fromHex(first), fromHex(second)]),
      })),
    }
    const lines = [
      `registerCommittee ${calls.registerCommittee}`,
      ...calls.convict.map(({ accused, calldata }) => `convict member ${accused} ${calldata}`),
    ]
    stdout.write(json ? `${JSON.stringify(calls)}\n` : `${lines.join('\n')}\n`)
    return EXIT_DONE
  },
})

async function proofsFrom(
  context: Context,
  file: string | undefined,
  messages: readonly string[],
): Promise<readonly Proof[]> {
  if (file !== undefined) {
    return proofsOf(context, parseEvidenceFile(await readTextFile(file, EVIDENCE_FILE_BYTES_MAX)))
  }
  const [first, second] = messages.map(bytesOf)
  if (first === undefined) return []
  return [second === undefined ? proofOfOne(context, first) : proofOfPair(context, [first, second])]
}

async function heldBy(
  commandName: string,
  url: string | undefined,
  config: string | undefined,
): Promise<EvidenceFile> {
  if ((url === undefined) === (config === undefined)) {
    throw usageError('give --url or --config', commandName)
  }
  if (config !== undefined) {
    const { config: settings } = await loadConfig(config)
    const context = await offlineContext(settings.committee)
    return evidenceInJournal(context, join(settings.dataDirectory, JOURNAL_FILE))
  }
  if (url === undefined || !URL.canParse(url)) {
    throw usageError('--url must be an address such as http://127.0.0.1:8080', commandName)
  }
  return parseEvidenceFile(JSON.stringify(await askNode(url.replace(/\/+$/, ''), '/v1/evidence')))
}

function bytesOf(text: string): Uint8Array {
  if (/^(?:0x)?(?:[0-9a-fA-F]{2})+$/.test(text)) return fromHex(text)
  throw usageError('--message must be hexadecimal', 'evidence verify')
}

const KINDS: Readonly<Record<Accusation['kind'], string>> = {
  TWO_OBSERVATIONS: 'two observations',
  TWO_LATE_NOTICES: 'two late notices',
  TWO_PROPOSALS_OF_ONE_RANK: 'two proposals of one rank',
  TWO_SHARES_IN_ONE_SLOT: 'two shares in one slot',
  TWO_REPORT_DIGESTS: 'shares of two reports',
  COMMITMENT_OFF_CURVE: 'a nonce commitment off the curve',
}

type Accusation = Omit<Extract<Proof, { type: 'proven' }>, 'type'>

function accusation({ accused, identityKey, round, kind }: Accusation): string {
  return `member ${accused} (${identityKey}) signed ${KINDS[kind]} in round ${round}`
}

function proofsText(proofs: readonly Proof[]): string {
  if (proofs.length === 0) return 'the file is empty: it convicts nobody'
  const lines = proofs.map((proof) =>
    proof.type === 'proven'
      ? `proven: ${accusation(proof)}`
      : `convicts nobody: ${proof.code}: ${proof.reason}`,
  )
  return lines.join('\n')
}
