import { writeSync } from 'node:fs'
import { Promises } from '../../node/keys/promises.ts'

// Makes promises without end and says each one aloud after it is durable, until it is killed.
const [directory = ''] = process.argv.slice(2)
const promises = await Promises.open({ directory, recordsMax: 64 })
for (let round = promises.watermark + 1; ; round++) {
  await promises.persist({ round, kind: 'share', digest: new Uint8Array(32).fill(round % 251) })
  writeSync(1, `${round}\n`)
}
