/**
 * Running hash of everything that happened in a world (simulator §1): time, member, event type,
 * round, sender, values and report digest, never a signature or nonce byte. Two runs with the same
 * hash went the same way. 128 bits, for comparing runs, not against an attacker.
 */
export interface Trace {
  /** Adds words; each is taken modulo 2^32, so times and rounds enter as two words. */
  readonly add: (...words: readonly number[]) => void
  /** Adds a safe integer as two words. */
  readonly addWide: (value: number) => void
  /** 32 hexadecimal digits; more can be added afterwards. */
  readonly digest: () => string
}

export function createTrace(): Trace {
  const lanes = new Int32Array([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344])

  const addWord = (word: number): void => {
    // Each lane takes the word with its own odd constant and its left neighbour, so that neither
    // the order nor the position of words can be exchanged without a trace.
    let carried = word | 0
    for (let lane = 0; lane < 4; lane++) {
      const mixed = Math.imul((lanes[lane] as number) ^ carried, LANE_FACTORS[lane] as number)
      carried = (mixed ^ (mixed >>> 15)) | 0
      lanes[lane] = carried
    }
    lanes[0] = ((lanes[0] as number) + (lanes[3] as number)) | 0
  }
  return {
    add: (...words) => {
      for (const word of words) addWord(word)
    },
    addWide: (value) => {
      addWord(value)
      addWord((value - (value >>> 0)) / 0x1_0000_0000)
    },
    digest: () => {
      let text = ''
      for (const lane of lanes) text += (lane >>> 0).toString(16).padStart(8, '0')
      return text
    },
  }
}

const LANE_FACTORS = [0x2c1b3c6d, 0x297a2d39, 0x45d9f3b, 0x119de1f3]
