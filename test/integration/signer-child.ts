import { writeSync } from 'node:fs'
import { Promises } from '../../node/keys/promises.ts'

// Makes promises and says each one aloud after it is durable, until it is killed; without a number
// of rounds it would never end.
const [directory = '', rounds = 'Infinity'] = process.argv.slice(2)
const promises = await Promises.open({ directory, recordsMax: 64 })
for (let round = promises.watermark + 1; round <= Number(rounds); round++) {
  await promises.persist({ round, kind: 'share', digest: new Uint8Array(32).fill(round % 251) })
  writeSync(1, `${round}\n`)
}
