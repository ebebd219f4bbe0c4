import { invariant } from '../../aggregator/assert.ts'
import type { KeygenContext } from '../../aggregator/keygen/context.ts'
import {
  digestOfStatement,
  encodeStatement,
  openStatement,
  type Signed,
  type Statement,
} from '../../aggregator/keygen/statements.ts'
import { concat, equalBytes } from '../../aggregator/values/bytes.ts'
import type { Ecdsa } from '../keys/ecdsa.ts'
import type { Secret } from '../keys/secret.ts'
import type { KeygenPromises } from './record.ts'

export interface KeygenSignerDependencies {
  readonly identity: Secret
  readonly ecdsa: Pick<Ecdsa, 'sign'>
  readonly promises: Pick<KeygenPromises, 'assertPromised'>
}

/**
 * Signs statements of one member and guards itself, whatever it is asked: packages and results only
 * when they are promised on disk, and of everything else one of a kind.
 */
export class KeygenSigner {
  readonly #context: KeygenContext
  readonly #dependencies: KeygenSignerDependencies
  /** Digest of what was signed, by kind; shares by recipient. */
  readonly #signed = new Map<string, Uint8Array>()

  constructor(context: KeygenContext, dependencies: KeygenSignerDependencies) {
    this.#context = context
    this.#dependencies = dependencies
  }

  /** @throws {Error} when signing it would break a promise: our own fault, the process must stop */
  sign(statement: Statement): Signed {
    const context = this.#context
    const { identity, ecdsa, promises } = this.#dependencies
    const digest = digestOfStatement(context, statement)
    if (statement.type === 'package') promises.assertPromised('package', digest)
    if (statement.type === 'result') promises.assertPromised('result', statement.result)
    const kind = statement.type === 'share' ? `share ${statement.recipient}` : statement.type
    const before = this.#signed.get(kind)
    invariant(before === undefined || equalBytes(before, digest), `one ${kind} is signed`)
    this.#signed.set(kind, digest)
    const signature = identity.use((key) => ecdsa.sign(digest, key))
    const opened = openStatement(context, concat(encodeStatement(context, statement), signature))
    invariant(opened.type === 'opened', 'the identity key is that of the member')
    return opened.signed
  }
}
