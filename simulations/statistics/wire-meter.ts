import type { Round } from '../../aggregator/values/ids.ts'
import type { Wire } from '../world/overlay.ts'
import { OVER_AFTER } from './open-rounds.ts'

/**
 * What members hand to links in the rounds that are counted: from the opening of each by the true
 * clock until the next one opens. Bytes of a round that is lost are among them, as it is among the
 * rounds: divided by those that were opened, this is what a round costs, whatever becomes of it.
 */
export class WireMeter {
  readonly #firstRound: Round
  readonly #lastRound: Round
  /** When the first counted round opened, and when the one after the last counted did. */
  #begin: Wire | null = null
  #end: Wire | null = null
  /** At the opening of the round that opened last. */
  #latest: Wire | null = null

  constructor(of: { readonly firstRound: Round; readonly lastRound: Round }) {
    this.#firstRound = of.firstRound
    this.#lastRound = of.lastRound
  }

  /** A round opens; one is counted when it is over, so its bytes are too. */
  open(round: Round, sent: Wire): void {
    const counted = round - OVER_AFTER
    if (counted >= this.#firstRound && counted <= this.#lastRound) this.#end = this.#latest
    if (round === this.#firstRound) this.#begin = sent
    this.#latest = sent
  }

  figures(): Wire {
    const [begin, end] = [this.#begin, this.#end]
    const since = (key: keyof Wire) => (begin === null || end === null ? 0 : end[key] - begin[key])
    return {
      messages: since('messages'),
      bytes: since('bytes'),
      repeatedMessages: since('repeatedMessages'),
      repeatedBytes: since('repeatedBytes'),
      toldBytes: since('toldBytes'),
    }
  }
}
