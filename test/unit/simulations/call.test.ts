import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { callOf } from '../../../simulations/origin/call.ts'

test('a shell reads the words again of which a command line was made', () => {
  const words = [
    'sweep',
    'my results/a b.yaml',
    "it's $HOME.yaml",
    '*',
    '',
    '--topology',
    'a-1:2,b:1',
  ]
  const [command = '', ...rest] = callOf(words).split(' ')
  expect(command).toBe('npm')
  const script = `each() { printf '%s\\n' "$@"; }; each ${rest.join(' ')}`
  const read = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n').slice(0, -1)
  expect(read.slice(3)).toEqual(words)
})

test('what needs no quotes has none', () => {
  expect(callOf(['simulate', 'a/b.yaml', '--seed', '7'])).toBe(
    'npm run sim -- simulate a/b.yaml --seed 7',
  )
})
