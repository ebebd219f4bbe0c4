import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFile } from './place.ts'

/** Where systems keep Chromium, or what is like it. */
const BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
] as const
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
/** Pixels of an image for each pixel of a figure: 300 dots an inch at two columns of a paper. */
const TIMES = 3

/**
 * Draws vector images as PNG files, with the browser of the system.
 *
 * @returns how many; 0 when there is no browser, which is said on stderr
 */
export async function writePngs(
  images: readonly { readonly path: string; readonly svg: string }[],
): Promise<number> {
  const executablePath = BROWSERS.find((path) => existsSync(path))
  const library = await import('playwright-core').catch(() => null)
  if (executablePath === undefined || library === null) {
    process.stderr.write('no PNG files: there is no Chromium; the page saves them too\n')
    return 0
  }
  const profile = mkdtempSync(join(tmpdir(), 'figures-'))
  const browser = await library.chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ARGUMENTS,
    deviceScaleFactor: TIMES,
  })
  try {
    const page = await browser.newPage()
    for (const { path, svg } of images) {
      await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg}`)
      writeFile(path, await page.locator('body > svg').screenshot())
    }
  } finally {
    await browser.close()
    rmSync(profile, { recursive: true, force: true })
  }
  return images.length
}
