import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { Fact } from '../world/facts.ts'
import type { Checker, Handlers, Rule, Violation } from './checker.ts'

/** Violations kept; the rest is counted. */
const VIOLATIONS_MAX = 100

type Handler = (fact: Fact) => Violation | null

/** The checkers of one run: shows each fact to those whom its type concerns. */
export class Checkers {
  readonly violations: Violation[] = []
  readonly #checkers: readonly Checker[]
  readonly #handlers = new Map<Fact['type'], Handler[]>()
  readonly #ofCertificates: readonly NonNullable<Checker['onCertificate']>[]
  /** Certificates that were shown. All members hold the same one, so the last mostly answers. */
  readonly #shown = new WeakSet<Certificate>()
  #shownLast: Certificate | null = null
  #violationCount = 0

  constructor(checkers: readonly Checker[]) {
    this.#checkers = checkers
    this.#ofCertificates = checkers.flatMap(({ onCertificate }) => onCertificate ?? [])
    for (const { on = {} } of checkers) {
      for (const type of Object.keys(on) as Fact['type'][]) {
        // Each is called with facts of its own type only, which the type of a map cannot say.
        const handler = on[type as keyof Handlers] as Handler
        this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler])
      }
    }
  }

  get violationCount(): number {
    return this.#violationCount
  }

  /** The invariants that are checked, each once. */
  get rules(): readonly Rule[] {
    return [...new Set(this.#checkers.map(({ rule }) => rule))]
  }

  watch(fact: Fact): void {
    if (fact.type === 'certificateMade' || fact.type === 'certified') {
      this.#show(fact.certificate, fact.nowUs)
    }
    const handlers = this.#handlers.get(fact.type)
    if (handlers !== undefined) for (const handler of handlers) this.#keep(handler(fact))
  }

  /** The run ended. */
  finish(nowUs: number): void {
    for (const checker of this.#checkers) this.#keep(checker.finish?.(nowUs) ?? null)
  }

  #show(certificate: Certificate, nowUs: number): void {
    if (certificate === this.#shownLast || this.#shown.has(certificate)) return
    this.#shown.add(certificate)
    this.#shownLast = certificate
    for (const handler of this.#ofCertificates) this.#keep(handler(certificate, nowUs))
  }

  #keep(violation: Violation | null): void {
    if (violation === null) return
    this.#violationCount += 1
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(violation)
  }
}
