import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { contextOf } from '../../aggregator/context.ts'
import { digestOfBody } from '../../aggregator/messages/codec.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { RESERVED_ROUNDS } from '../../aggregator/promises/reservation.ts'
import { codeOf, OracleError } from '../../node/errors.ts'
import { cryptoOf, loadEcdsa } from '../../node/keys/native.ts'
import { diskFiles } from '../../node/keys/promise-file.ts'
import { Promises } from '../../node/keys/promises.ts'
import { Secret } from '../../node/keys/secret.ts'
import { Signer } from '../../node/keys/signer.ts'
import { Later } from '../../node/later.ts'
import { Journal } from '../../node/store/journal.ts'
import { bodyLike } from '../support/bodies.ts'
import { testCommittee } from '../support/committee.ts'

// Several members' signers in one process, each on a disk of its own, driven by a core that wants
// the worst: it begins again before the round in which the last process ended and asks for other
// contents of everything. What is signed is said aloud at once, until the process is killed.
const [root = '', count = '1', history = ''] = process.argv.slice(2)
const KINDS: readonly Promised['kind'][] = [
  'observation',
  'late',
  'proposal0',
  'proposal1',
  'share',
]
/** Few, so that the file is written anew every dozen rounds. */
const RECORDS_MAX = 64
/** So long a promise of a reserved round waits; several rounds are signed meanwhile. */
const HELD_MS = 3
const ecdsa = loadEcdsa({ fallback: 'refuse' })
const { committee, identityKeys, shares } = testCommittee({ size: 31 })
const context = contextOf(cryptoOf(ecdsa), committee)

/** Returns when the line has left; whoever listens may be slow for a moment. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      if (codeOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

/** As in a node, promises of reserved rounds wait for their disk when others may know them. */
const later = new Later({ heldForMs: () => HELD_MS })

/** More signers than a committee may have members: they share keys, and no disk. */
const memberOf = (index: number) => index % committee.size

async function openSigner(index: number): Promise<Signer> {
  const directory = join(root, String(index))
  const member = memberOf(index)
  const promises = await Promises.open(
    { directory, recordsMax: RECORDS_MAX, reserveRounds: RESERVED_ROUNDS },
    { files: diskFiles, later: later.do },
  )
  const [key, share] = [identityKeys[member], shares[member]]
  if (key === undefined || share === undefined) throw new Error('not a member')
  const signer = new Signer(
    { context, index: member },
    {
      identity: Secret.of(key),
      share: Secret.of(share.secret),
      promises,
      ecdsa,
    },
  )
  await signer.start()
  return signer
}

async function drive(index: number): Promise<never> {
  const signer = await openSigner(index)
  say(`${index} ${signer.watermark} opened\n`)
  for (let round = Math.max(1, signer.watermark - 2 * RESERVED_ROUNDS); ; round++) {
    await Promise.all(KINDS.map((kind) => reveal(signer, { index, round, kind })))
  }
}

async function reveal(
  signer: Signer,
  { index, round, kind }: Omit<Promised, 'digest'> & { readonly index: number },
): Promise<void> {
  const content = randomBytes(32)
  const of = { round, sender: memberOf(index) }
  const body = kind === 'share' ? null : bodyLike(committee, { ...of, kind }, content)
  const digest = body === null ? content : digestOfBody(context, body)
  try {
    await signer.persist({ round, kind, digest })
    if (body === null) askShare(signer, round, digest)
    else signer.signMessage(body)
  } catch (error) {
    say(`${index} ${round} refused ${codeOf(error)}\n`)
    return
  }
  say(`${index} ${round} ${kind} ${digest.toString('hex')}\n`)
}

/** No session stands behind it: what a disk can lose is the promise, which is asked for first. */
function askShare(signer: Signer, round: number, reportDigest: Uint8Array): void {
  const session = { message: new Uint8Array(32), signingSet: 0, commitments: [] }
  const outcome = signer.signShare({ round, slot: 0, reportDigest, expectedNext: 0, session })
  if (outcome.type === 'refused' && outcome.code === 'MESSAGE_FOREIGN') return
  throw new OracleError(outcome.type === 'refused' ? outcome.code : 'SIGNED', 'not as promised')
}

/** Numbers its steps from 0: whoever reads them later sees a hole. */
async function keepHistory(path: string): Promise<never> {
  const run = { startedMs: Date.now(), member: 0, committeeDigest: new Uint8Array(32) }
  const limits = { bytesMax: 4_000_000, ageMsMax: 1e12 }
  const journal = new Journal({ path, run, limits, gatherMs: 1 }, { onHealth: () => undefined })
  await journal.start()
  say('0 0 history\n')
  for (let number = 0; ; number++) {
    const body = randomBytes(200)
    const step = { number, chain: 0, nowMs: Date.now(), round: number, body } as const
    journal.append({ table: 'step', kind: 'event', type: 'alarmFired', ...step })
    if (number % 16 === 15) await journal.flush()
  }
}

const work = Array.from({ length: Number(count) }, (_, index) => drive(index))
if (history === 'history') work.push(keepHistory(join(root, 'journal.sqlite')))
await Promise.all(work)
