import { readFileSync, writeFileSync } from 'node:fs'
import { vectorText } from './vectors.ts'

// Writes test/vectors/derivatives.json: node test/support/derivatives/generate.ts [--check]

const FILE = new URL('../../vectors/derivatives.json', import.meta.url)

if (process.argv[2] === '--check') {
  if (readFileSync(FILE, 'utf8') !== vectorText()) {
    process.stderr.write('test/vectors/derivatives.json is stale: run generate.ts\n')
    process.exitCode = 1
  }
} else {
  writeFileSync(FILE, vectorText())
}
