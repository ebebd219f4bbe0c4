import { describe, expect, test } from 'vitest'
import { htmlOf } from '../../../simulations/report/page.ts'

const SHA = 'c'.repeat(40)

function reproduced(commit: string): string {
  const html = htmlOf({ title: 'a', parts: [] }, { commit, command: 'sim -- x.yaml' })
  return /<h2>Reproduce<\/h2>[\s\S]*?<\/p>/.exec(html)?.[0] ?? ''
}

describe('how a page is made again', () => {
  test('of a commit: from it, with the same command', () => {
    expect(reproduced(SHA)).toContain(`<pre>git checkout ${SHA}\nsim -- x.yaml</pre>`)
    expect(reproduced(SHA)).toContain('The same command gives the same figures.')
  })

  test.each([`${SHA}-dirty`, `${SHA}-dirty-0123456789ab`, 'unknown'])(
    'of %s: not exactly',
    (commit) => {
      expect(reproduced(commit)).toContain('these figures cannot be made again exactly.')
      expect(reproduced(commit)).not.toMatch(/git checkout|gives the same/)
    },
  )

  test('of a package: from the same version', () => {
    const said = reproduced('package-1.2.3-0123456789ab')
    expect(said).toContain('The same command of version 1.2.3 gives the same figures')
    expect(said).not.toContain('git checkout')
  })
})
