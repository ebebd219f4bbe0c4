import { inspect } from 'node:util'
import { OracleError } from '../errors.ts'

const MASK = '[secret]'

/**
 * Bytes that cannot be printed: no conversion to text, JSON, or a debugger's view shows them. Only
 * `use` opens it, so that every place which handles a secret can be found by its name.
 */
export class Secret {
  readonly #bytes: Uint8Array
  #isErased = false

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Keeps a copy; erasing the original is up to whoever made it. */
  static of(bytes: Uint8Array): Secret {
    return new Secret(Uint8Array.from(bytes))
  }

  /** Keeps the UTF-8 bytes of a text. */
  static ofText(text: string): Secret {
    return new Secret(Uint8Array.from(Buffer.from(text, 'utf8')))
  }

  /** Number of bytes. */
  get length(): number {
    return this.#bytes.length
  }

  /**
   * Lends the bytes to a function, which must not keep them.
   *
   * @throws {OracleError} `SECRET_ERASED`
   */
  use<T>(borrow: (bytes: Uint8Array) => T): T {
    if (this.#isErased) {
      throw new OracleError('SECRET_ERASED', 'a secret was used after the node let go of it')
    }
    return borrow(this.#bytes)
  }

  /** Overwrites the bytes; the secret cannot be used any more. */
  erase(): void {
    this.#bytes.fill(0)
    this.#isErased = true
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [Symbol.toPrimitive](): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}
