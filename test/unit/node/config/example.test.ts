import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseCommittee, parseCommitteeToBe } from '../../../../node/config/committee-text.ts'

const EXAMPLE = new URL('../../../../docs/examples/committee.yaml', import.meta.url)

test('docs/examples/committee.yaml is a committee that only lacks its key', () => {
  const text = readFileSync(EXAMPLE, 'utf8')
  expect(parseCommitteeToBe(text)).toMatchObject({
    type: 'parsed',
    committee: { complete: null, params: { f: 1, feeds: [{ name: 'BTC/USD' }, {}] } },
  })
  expect(parseCommittee(text)).toMatchObject({
    type: 'refused',
    problems: [{ path: 'groupKey' }],
  })
})
