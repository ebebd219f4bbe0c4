import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { htmlReport } from '../../simulations/report/html.ts'
import { simulated } from './scenarios.ts'

const BROWSER = '/usr/bin/chromium'
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']

describe('the report', () => {
  const result = simulated({
    rounds: 60,
    adversaries: [{ strategy: 'mute', members: [3] }],
  })
  const origin = { commit: 'c'.repeat(40), command: 'simulate x', about: 'a </script> & "more"' }

  test('no text of a scenario can end an element', () => {
    const html = htmlReport({ ...result, scenario: '</script><b>' }, origin)
    expect(html).not.toContain('</script><b>')
    expect(html).toContain('a &lt;/script&gt; &amp; &quot;more&quot;')
  })

  test.skipIf(!existsSync(BROWSER))(
    'draws its plots in a browser and asks nobody for anything (needs /usr/bin/chromium)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'report-'))
      const path = join(folder, 'report.html')
      writeFileSync(path, htmlReport(result, origin))
      const browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
        executablePath: BROWSER,
        headless: true,
        args: ARGUMENTS,
      })
      try {
        const page = await browser.newPage()
        const troubles: string[] = []
        page.on('pageerror', (error) => troubles.push(String(error)))
        page.on('request', (request) => {
          if (request.url() !== `file://${path}`) troubles.push(request.url())
        })
        await page.goto(`file://${path}`)
        const drawn = await page.locator('.plot canvas').count()
        expect({ troubles, drawn }).toEqual({ troubles: [], drawn: 3 })
        const painted = await page.locator('.plot canvas').first().evaluate(countColours)
        expect(painted).toBeGreaterThan(3)
      } finally {
        await browser.close()
        rmSync(folder, { recursive: true })
      }
    },
  )
})

/** Different colours on a canvas: an empty plot has one. Runs in the browser. */
function countColours(canvas: SVGElement | HTMLElement): number {
  const context = (canvas as HTMLCanvasElement).getContext('2d')
  const { width, height } = canvas as HTMLCanvasElement
  const pixels = new Uint32Array(context?.getImageData(0, 0, width, height).data.buffer ?? [])
  return new Set(pixels).size
}
