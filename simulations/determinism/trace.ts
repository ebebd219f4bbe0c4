/**
 * Running hash of everything that happened in a world (simulator §1): time, member, event type,
 * round, sender, values and report digest, never a signature or nonce byte. Two runs with the same
 * hash went the same way. 128 bits, for comparing runs, not against an attacker.
 */
export class Trace {
  #a = 0x243f6a88
  #b = 0x85a308d3
  #c = 0x13198a2e
  #d = 0x03707344

  /** Adds a word of 32 bits; a larger one counts modulo 2^32. */
  add(word: number): void {
    // Each lane takes the word with its own odd constant and its left neighbour, so that neither
    // the order nor the position of words can be exchanged without a trace.
    const a = Math.imul(this.#a ^ word, 0x2c1b3c6d)
    this.#a = a ^ (a >>> 15)
    const b = Math.imul(this.#b ^ this.#a, 0x297a2d39)
    this.#b = b ^ (b >>> 15)
    const c = Math.imul(this.#c ^ this.#b, 0x45d9f3b)
    this.#c = c ^ (c >>> 15)
    const d = Math.imul(this.#d ^ this.#c, 0x119de1f3)
    this.#d = d ^ (d >>> 15)
    this.#a = (this.#a + this.#d) | 0
  }

  addAll(words: readonly number[]): void {
    for (let at = 0; at < words.length; at++) this.add(words[at] as number)
  }

  /** Adds a safe integer as two words. */
  addWide(value: number): void {
    this.add(value)
    this.add((value - (value >>> 0)) / 0x1_0000_0000)
  }

  /** Two words that stand for all that was added, in another trace. */
  words(): readonly [number, number] {
    return [this.#a, this.#d]
  }

  /** 32 hexadecimal digits; more can be added afterwards. */
  digest(): string {
    return [this.#a, this.#b, this.#c, this.#d]
      .map((lane) => (lane >>> 0).toString(16).padStart(8, '0'))
      .join('')
  }
}
