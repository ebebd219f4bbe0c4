// Bundled for a page: what a test asks the client to do in a browser.
import { committeeFrom, isClientError, ParallaxClient } from 'parallax-oracle/client'
import { bytesToHex } from 'viem'

export interface Asked {
  readonly url: string
  /** Text of the committee file. */
  readonly file: string
  readonly timeoutMs: number
}

/** What came of it, in values that cross over to the test. */
export interface Read {
  readonly calldata?: string
  readonly bytes?: string
  readonly value?: string
  readonly code?: string
}

export async function read({ url, file, timeoutMs }: Asked): Promise<Read> {
  const client = new ParallaxClient({ url, committee: committeeFrom(file), timeoutMs })
  try {
    const report = await client.latest(['ETH/USD', 'F1/USD'], { ageMsMax: 5_000 })
    const bytes = bytesToHex(client.bytesOf(report, ['ETH/USD']))
    return { calldata: report.calldata, bytes, value: `${report.feeds[0]?.value}` }
  } catch (error) {
    return { code: isClientError(error) ? error.code : String(error) }
  }
}

/** Rounds of the first two reports; the title says the newest. */
export async function follow({ url, file, timeoutMs }: Asked): Promise<readonly number[]> {
  const client = new ParallaxClient({ url, committee: committeeFrom(file), timeoutMs })
  const rounds: number[] = []
  for await (const { round } of client.follow(['ETH/USD'], { ageMsMax: 5_000 })) {
    rounds.push(round)
    document.title = `${round}`
    if (rounds.length === 2) break
  }
  return rounds
}
