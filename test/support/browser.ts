import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright-core'

const EXECUTABLE = '/usr/bin/chromium'
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']
/**
 * What waits longer hangs: a browser that starts for the first time, or beside much else, takes
 * more than the half minute of the library.
 */
const HANGS_MS = 120_000

/** Whether tests of pages can run here. */
export const HAS_BROWSER = existsSync(EXECUTABLE)
if (!HAS_BROWSER)
  process.stderr.write(`skipped: ${EXECUTABLE} is missing; apt-get install chromium\n`)

export interface TestBrowser {
  readonly context: BrowserContext
  /** Ends it, and removes what it kept. */
  readonly close: () => Promise<void>
}

/** A real browser with a profile of its own, without a window. */
export async function openBrowser(viewport?: {
  readonly width: number
  readonly height: number
}): Promise<TestBrowser> {
  const profile = mkdtempSync(join(tmpdir(), 'parallax-chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    headless: true,
    args: ARGUMENTS,
    acceptDownloads: true,
    timeout: HANGS_MS,
    ...(viewport !== undefined && { viewport }),
  })
  context.setDefaultTimeout(HANGS_MS)
  const close = async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  }
  return { context, close }
}
