/**
 * Cuts a text that comes in pieces into lines. Each character is looked at once and copied once,
 * however small the pieces are.
 */
export class LineCutter {
  readonly #charactersMax: number
  /** Of the line that has not ended yet. */
  #pieces: string[] = []
  #characters = 0

  /** @param charactersMax of one line, without its end */
  constructor(charactersMax: number) {
    this.#charactersMax = charactersMax
  }

  /** The lines that this piece ends, without their ends; null when one is too long. */
  take(piece: string): readonly string[] | null {
    const parts = piece.split('\n')
    const rest = parts.pop() ?? ''
    const lines: string[] = []
    for (const part of parts) {
      if (!this.#add(part)) return null
      lines.push(this.#pieces.join(''))
      this.#pieces = []
      this.#characters = 0
    }
    return this.#add(rest) ? lines : null
  }

  #add(part: string): boolean {
    if (part !== '') this.#pieces.push(part)
    this.#characters += part.length
    return this.#characters <= this.#charactersMax
  }
}
