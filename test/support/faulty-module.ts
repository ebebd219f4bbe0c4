import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPreload } from './preload.ts'

const SOURCE = fileURLToPath(new URL('./faulty-module.c', import.meta.url))

/** What it does from now on; its token is labelled `faulty` and takes the PIN 1234. */
export type Fault =
  | ''
  | 'crash'
  | 'hang'
  | 'hang at login'
  | 'short'
  | 'removed'
  /** A session that has signed signs no more. */
  | 'expired'
  | 'no token'
  | 'final try'

/** A PKCS #11 module that fails as it is told (faulty-module.c). */
export class FaultyModule {
  readonly path: string
  readonly #folder: string

  private constructor(path: string) {
    this.path = path
    this.#folder = mkdtempSync(join(tmpdir(), 'parallax-module-'))
    process.env.FAULTY_MODULE = this.#folder
  }

  /** Null where no C compiler makes one. */
  static build(): FaultyModule | null {
    const built = buildPreload('faulty-module', [SOURCE])
    return built === null ? null : new FaultyModule(built.library)
  }

  does(fault: Fault): void {
    writeFileSync(join(this.#folder, 'does'), fault)
  }

  /** What it did since it was asked last: `login`, `sign`, `hangs`, `ended`. */
  done(): readonly string[] {
    return this.#lines().map((line) => line.split(' ')[0] ?? '')
  }

  /** The process that did something last. */
  lastProcess(): number {
    return Number(this.#lines().at(-1)?.split(' ')[1])
  }

  forget(): void {
    rmSync(this.#path(), { force: true })
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true })
  }

  #path(): string {
    return join(this.#folder, 'done')
  }

  #lines(): readonly string[] {
    if (!existsSync(this.#path())) return []
    return readFileSync(this.#path(), 'utf8').split('\n').filter(Boolean)
  }
}
