/** Tells on stderr how far something is and how long it will still take. */
export interface Progress {
  /** @param share from 0 to 1 */
  readonly show: (share: number) => void
  readonly end: () => void
}

/** A line in a terminal is redrawn this often; a log gets a line far less often. */
const REDRAW_MS = 100
const LOG_EVERY_MS = 5_000
const BAR_WIDTH = 30

export function createProgress(label: string): Progress {
  const isTerminal = process.stderr.isTTY
  const startedMs = performance.now()
  let shownMs = startedMs
  let hasLine = false

  const show = (share: number): void => {
    const nowMs = performance.now()
    if (nowMs - shownMs < (isTerminal ? REDRAW_MS : LOG_EVERY_MS)) return
    shownMs = nowMs
    const leftMs = share > 0 ? ((nowMs - startedMs) * (1 - share)) / share : 0
    const text = `${label} ${(100 * share).toFixed(1)} %, ${Math.ceil(leftMs / 1_000)} s left`
    if (!isTerminal) {
      process.stderr.write(`${text}\n`)
      return
    }
    const full = Math.round(share * BAR_WIDTH)
    const bar = '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full)
    process.stderr.write(`\r\u001b[2K${bar} ${text}`)
    hasLine = true
  }
  const end = (): void => {
    if (hasLine) process.stderr.write('\r\u001b[2K')
  }
  return { show, end }
}
