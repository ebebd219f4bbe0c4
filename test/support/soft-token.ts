import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Debian's package has it, and where others do. */
const MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
]
const MODULE = MODULES.find((path) => existsSync(path))

export interface KeyOptions {
  readonly label: string
  readonly id: string
  /** As pkcs11-tool names it; left out: secp256k1, to sign with. */
  readonly type?: string
}

/** A token of SoftHSM2 in a folder of its own, labelled `parallax`, with the PIN 1234. */
export class SoftToken {
  readonly module: string
  readonly #folder: string

  private constructor(module: string) {
    this.module = module
    this.#folder = mkdtempSync(join(tmpdir(), 'parallax-token-'))
    mkdirSync(this.#tokens)
    const settings = join(this.#folder, 'softhsm2.conf')
    writeFileSync(settings, `directories.tokendir = ${this.#tokens}\nlog.level = ERROR\n`)
    process.env.SOFTHSM2_CONF = settings
    run('softhsm2-util', [
      ...['--init-token', '--free', '--label', 'parallax', '--so-pin', '5678', '--pin', '1234'],
    ])
  }

  /** Null where SoftHSM2 or pkcs11-tool is missing, and says what to install. */
  static make(): SoftToken | null {
    if (MODULE !== undefined && existsSync('/usr/bin/pkcs11-tool')) return new SoftToken(MODULE)
    process.stderr.write('skipped: no SoftHSM2 here; apt-get install softhsm2 opensc\n')
    return null
  }

  makeKey({ label, id, type = 'EC:secp256k1' }: KeyOptions): void {
    const named = ['--key-type', type, '--label', label, '--id', id]
    this.#tool(['--keypairgen', ...named, '--usage-sign'])
  }

  deleteKey({ id }: Pick<KeyOptions, 'id'>): void {
    for (const type of ['privkey', 'pubkey']) {
      this.#tool(['--delete-object', '--type', type, '--id', id])
    }
  }

  /** Both coordinates of a public key, 64 bytes: the end of what the tool writes. */
  publicKeyOf({ id }: Pick<KeyOptions, 'id'>): Uint8Array {
    const path = join(this.#folder, 'public.der')
    this.#tool(['--read-object', '--type', 'pubkey', '--id', id, '--output-file', path])
    return Uint8Array.from(readFileSync(path).subarray(-64))
  }

  /** Whether somebody gave a wrong PIN since the last right one. */
  hasSeenWrongPin(): boolean {
    return run('pkcs11-tool', ['--module', this.module, '--list-slots']).includes('PIN count low')
  }

  /** Takes the token out, as far as one of files can be. */
  takeOut(): void {
    renameSync(this.#tokens, `${this.#tokens}.out`)
    mkdirSync(this.#tokens)
  }

  putBack(): void {
    rmSync(this.#tokens, { recursive: true })
    renameSync(`${this.#tokens}.out`, this.#tokens)
  }

  /** A file with a PIN in the token's folder, which only its owner may read. */
  pinFile(pin = '1234'): string {
    const path = join(this.#folder, 'pin')
    writeFileSync(path, `${pin}\n`, { mode: 0o600 })
    return path
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }

  get #tokens(): string {
    return join(this.#folder, 'tokens')
  }

  #tool(args: readonly string[]): string {
    const token = ['--module', this.module, '--token-label', 'parallax', '--login', '--pin', '1234']
    return run('pkcs11-tool', [...token, ...args])
  }
}

function run(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}
