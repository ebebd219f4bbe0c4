import { writeSync } from 'node:fs'
import { Journal } from '../../node/store/journal.ts'
import { RUN, shareEntry } from './journal-support.ts'

// Writes history without end and says each round aloud after it was written, until it is killed.
const [path = ''] = process.argv.slice(2)
const options = { path, run: RUN, limits: { bytesMax: 2_000_000, ageMsMax: 1e12 }, gatherMs: 1 }
const journal = new Journal(options, { onHealth: () => undefined })
await journal.start()
for (let round = 1; ; round++) {
  for (let sender = 0; sender < 20; sender++) {
    journal.append(shareEntry({ round, sender, bytes: new Uint8Array(500) }))
  }
  await journal.flush()
  writeSync(1, `${round}\n`)
}
