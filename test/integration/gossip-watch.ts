/** Waits for a condition that changes only when `notify` is called: no polling, no sleeping. */
export class Watch {
  readonly #waiting = new Set<() => void>()

  notify(): void {
    for (const check of this.#waiting) check()
  }

  until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isMet()) return
        this.#waiting.delete(check)
        resolve()
      }
      this.#waiting.add(check)
      check()
    })
  }
}
