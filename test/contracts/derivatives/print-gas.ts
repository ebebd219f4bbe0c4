import { measureDerivativesGas } from './gas.ts'

// The part of contracts/gas.json that is measured here: node
// test/contracts/derivatives/print-gas.ts
process.stdout.write(`${JSON.stringify(await measureDerivativesGas(), null, 2)}\n`)
