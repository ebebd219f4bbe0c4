import type { Address } from 'viem'
import { bytesToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { isShareOf } from '../../../aggregator/keygen/polynomial.ts'
import { toHex } from '../../../aggregator/values/bytes.ts'
import type { MemberIndex } from '../../../aggregator/values/ids.ts'
import { accountElsewhere } from '../../config/transmitter-schema.ts'
import { codeOf, OracleError } from '../../errors.ts'
import { type KeyPurpose, openKeystore, parseKeystore } from '../../keys/keystore.ts'
import { loadEcdsa } from '../../keys/native.ts'
import { readPassphrase } from '../../keys/passphrase.ts'
import { readPrivateFile } from '../../keys/private-file.ts'
import type { Secret } from '../../keys/secret.ts'
import { memberOf, sourceOf } from '../../open-keys.ts'
import { assertTrusted } from '../../signer/socket-file.ts'
import type { Check, Facts, Tools } from '../check.ts'
import type { Finding } from '../finding.ts'
import { fault, findingOf, ok, unchecked, warning } from '../finding.ts'

/** Opens what `run` would open, with the passphrase that it would use, one file after another. */
export const keys: Check = {
  name: 'keys',
  reach: 'machine',
  examine: async (facts, tools) => {
    const opened = await passphraseOf(facts, tools)
    try {
      const identity = await identityFinding(facts, opened.passphrase)
      const self = identity.self ?? facts.self
      const share = await shareFinding(facts, { self, passphrase: opened.passphrase })
      const transmitter = await transmitterFinding(facts, opened.passphrase)
      const signer = await signerFinding(facts)
      const found = [opened.finding, identity.finding, share, transmitter.finding, signer]
      const findings = found.filter((each) => each !== null)
      return { findings, facts: { self, wallet: transmitter.wallet ?? facts.wallet } }
    } finally {
      opened.passphrase?.erase()
    }
  },
}

/** Sources that a supervisor gives to the node, and to nobody who looks after it. */
const NOT_HERE = ['PASSPHRASE_UNREADABLE', 'PASSPHRASE_NO_TERMINAL']

async function passphraseOf({ config, isHeld }: Facts, { terminal }: Tools) {
  const check = 'passphrase'
  try {
    const passphrase = await readPassphrase(sourceOf(config.keys.passphrase), terminal)
    return { passphrase, finding: null }
  } catch (error) {
    const isGivenElsewhere = isHeld && NOT_HERE.includes(codeOf(error))
    const finding = isGivenElsewhere
      ? unchecked(check, 'a process runs that has it; here it is not given (keys.passphrase)')
      : findingOf(check, 'fault', error)
    return { passphrase: null, finding }
  }
}

/** An opened key, or why there is none. */
type Opened =
  | { readonly type: 'opened'; readonly key: Secret }
  | { readonly type: 'not'; readonly finding: Finding }

async function open(
  check: string,
  { config }: Facts,
  asked: {
    readonly path: string
    readonly purpose: KeyPurpose
    readonly member?: MemberIndex
    readonly passphrase: Secret | null
  },
): Promise<Opened> {
  const { passphrase, ...file } = asked
  const { strength } = config.keys
  try {
    if (passphrase !== null) {
      return { type: 'opened', key: await openKeystore({ ...file, passphrase, strength }) }
    }
    parseKeystore(await readPrivateFile(file.path))
    return { type: 'not', finding: unchecked(check, `${file.path} waits for the passphrase`) }
  } catch (error) {
    return { type: 'not', finding: notOpened(check, { facts: { config }, file, error }) }
  }
}

function notOpened(
  check: string,
  about: {
    readonly facts: Pick<Facts, 'config'>
    readonly file: { readonly path: string; readonly purpose: KeyPurpose }
    readonly error: unknown
  },
): Finding {
  const { facts, file, error } = about
  const reason = error instanceof OracleError ? error.context.reason : null
  const isForSigner = facts.config.keys.signer !== undefined && file.purpose !== 'transmitter'
  if (isForSigner && reason === 'EACCES') {
    return unchecked(check, `${file.path} is for the signer's user; run this as that user, too`)
  }
  const found = findingOf(check, 'fault', error)
  if (found.code === 'KEYSTORE_PASSPHRASE_WRONG') {
    const advice = 'name the right passphrase, or restore the file from the backup'
    return { ...found, seen: `${file.path}: ${found.seen}`, advice }
  }
  if (reason !== 'ENOENT') return found
  const advice =
    file.purpose === 'signing-share'
      ? 'restore it from the backup, or correct keys.signingShare; it cannot be made again'
      : 'restore it from the backup, or correct its path; a new one: parallax keys new'
  return { ...found, advice }
}

async function identityFinding(
  facts: Facts,
  passphrase: Secret | null,
): Promise<{ readonly finding: Finding; readonly self: MemberIndex | null }> {
  const check = 'identity key'
  const path = facts.config.keys.identity
  const opened = await open(check, facts, { path, purpose: 'identity', passphrase })
  if (opened.type === 'not') return { finding: opened.finding, self: null }
  const publicKey = opened.key.use(loadEcdsa({ fallback: 'allow' }).publicKeyOf)
  opened.key.erase()
  const shown = toHex(publicKey)
  if (facts.committee === null) {
    const finding = ok(check, `opens; ${shown}, to be compared once there is a committee file`)
    return { finding, self: null }
  }
  try {
    const self = memberOf(facts.committee.params, publicKey)
    return { finding: ok(check, `opens; it is member ${self}, ${shown}`), self }
  } catch (error) {
    const found = findingOf(check, 'fault', error)
    return { finding: { ...found, seen: `${found.seen}: ${shown}` }, self: null }
  }
}

async function shareFinding(
  facts: Facts,
  { self, passphrase }: { readonly self: MemberIndex | null; readonly passphrase: Secret | null },
): Promise<Finding> {
  const check = 'signing share'
  const complete = facts.committee?.complete ?? null
  if (complete === null) return unchecked(check, 'it comes with the key: parallax dkg')
  if (self === null) return unchecked(check, 'it is not known which member this is')
  const path = facts.config.keys.signingShare
  const asked = { path, purpose: 'signing-share', member: self, passphrase } as const
  const opened = await open(check, facts, asked)
  if (opened.type === 'not') return opened.finding
  const expected = complete.groupKey.verifyingShares[self] ?? new Uint8Array(0)
  const isOurs = opened.key.use((share) => isShareOf(expected, share))
  opened.key.erase()
  if (isOurs) return ok(check, "opens; it belongs to the committee's key")
  return fault(check, {
    code: 'SHARE_MISMATCH',
    seen: `${path} is a share of another key than that of the committee file`,
    advice: 'take share and committee file of one key generation, from the backup',
  })
}

async function transmitterFinding(
  facts: Facts,
  passphrase: Secret | null,
): Promise<{ readonly finding: Finding | null; readonly wallet: Address | null }> {
  const check = 'transmitter key'
  const { transmitter: path } = facts.config.keys
  if (path === undefined) return { finding: null, wallet: null }
  // Whether the signer or the token has that key is asked by a check of its own.
  if (typeof path === 'object') return { finding: null, wallet: accountElsewhere(path) }
  const opened = await open(check, facts, { path, purpose: 'transmitter', passphrase })
  if (opened.type === 'not') return { finding: opened.finding, wallet: null }
  try {
    const { address } = opened.key.use((bytes) => privateKeyToAccount(bytesToHex(bytes)))
    return { finding: ok(check, `opens; wallet ${address}`), wallet: address }
  } finally {
    opened.key.erase()
  }
}

/** Only looks: a signer that serves a node is not spoken to. */
async function signerFinding({ config }: Facts): Promise<Finding | null> {
  const check = 'signer'
  const { signer } = config.keys
  if (signer === undefined) return null
  try {
    await assertTrusted(signer.socket, signer.access)
    return ok(check, `${signer.socket} is there, and nobody else can reach it`)
  } catch (error) {
    // It may be started after the node.
    if (codeOf(error) !== 'SIGNER_UNREACHABLE') return findingOf(check, 'fault', error)
    return warning(check, {
      code: 'SIGNER_UNREACHABLE',
      seen: `no socket at ${signer.socket}`,
      advice: 'start it: parallax signer --config FILE',
    })
  }
}
