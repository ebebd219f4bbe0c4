import { expect, test } from 'vitest'
import { undocumentedIn } from '../../../contracts/snapshot/documentation.ts'
import { layoutOf } from '../../../contracts/snapshot/layout.ts'

test('functions, events and errors without a notice are named by their signature', () => {
  const tuple = { type: 'tuple[]', components: [{ type: 'uint8' }, { type: 'address' }] }
  const abi = [
    { type: 'function', name: 'said', inputs: [tuple] },
    { type: 'function', name: 'silent', inputs: [tuple] },
    { type: 'event', name: 'Silent', inputs: [] },
    { type: 'error', name: 'Said', inputs: [{ type: 'uint256' }] },
    { type: 'error', name: 'Silent', inputs: [] },
    { type: 'constructor', inputs: [] },
  ]
  const userdoc = {
    methods: { 'said((uint8,address)[])': { notice: 'Says.' } },
    errors: { 'Said(uint256)': [{ notice: 'Said.' }], 'Silent()': [{}] },
  }
  expect(undocumentedIn({ abi, userdoc })).toEqual([
    'function silent((uint8,address)[])',
    'event Silent()',
    'error Silent()',
  ])
})

test('a layout tells variables that moved, and members of structs that did', () => {
  const types = {
    t_uint8: { label: 'uint8', numberOfBytes: '1' },
    t_pair: {
      label: 'struct Pair',
      numberOfBytes: '32',
      members: [{ label: 'second', offset: 1, slot: '0', type: 't_uint8' }],
    },
  }
  const at = (slot: string) => [{ label: 'pair', offset: 0, slot, type: 't_pair' }]
  expect(layoutOf({ storage: at('3'), types })).toEqual([
    '3+0 pair: struct Pair (32)',
    'struct Pair 0+1 second: uint8 (1)',
  ])
  expect(layoutOf({ storage: at('4'), types })).not.toEqual(layoutOf({ storage: at('3'), types }))
})
