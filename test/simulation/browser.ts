import type { Page } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'

/**
 * Opens a page from a file in a real browser, and closes that when `use` is done.
 *
 * @returns errors of the page, and whatever it asked for besides itself
 */
export async function withPage(
  path: string,
  use: (page: Page) => Promise<void>,
): Promise<readonly string[]> {
  const { context, close } = await openBrowser()
  const troubles: string[] = []
  try {
    const page = await context.newPage()
    page.on('pageerror', (error) => troubles.push(String(error)))
    page.on('request', (request) => {
      const url = request.url()
      // A saved image is made from data of the page itself.
      if (url !== `file://${path}` && !/^(?:data|blob):/.test(url)) troubles.push(url)
    })
    await page.goto(`file://${path}`)
    await use(page)
  } finally {
    await close()
  }
  return troubles
}

/** Labels of all figures of a page that overlap another, or stand outside of their image. */
export function wrongLabels(page: Page): Promise<string[]> {
  return page.locator('.drawing > svg').evaluateAll(wrongLabelsOf)
}

/** Runs in the browser. */
function wrongLabelsOf(images: (SVGElement | HTMLElement)[]): string[] {
  return images.flatMap((image) => {
    const whole = image.getBoundingClientRect()
    const labels = [...image.querySelectorAll('text')].map((label) => ({
      text: label.textContent ?? '',
      box: label.getBoundingClientRect(),
    }))
    return labels.flatMap(({ text, box }, at) => {
      const isOutside =
        box.left < whole.left ||
        box.right > whole.right ||
        box.top < whole.top ||
        box.bottom > whole.bottom
      // Boxes of texts hold a little air above and below the letters.
      const hit = labels
        .slice(at + 1)
        .filter(
          ({ box: other }) =>
            box.left < other.right - 1 &&
            other.left < box.right - 1 &&
            box.top < other.bottom - 2 &&
            other.top < box.bottom - 2,
        )
      const name = image.closest('figure')?.dataset.figure
      return [
        ...(isOutside ? [`${name}: ${text} is outside`] : []),
        ...hit.map((o) => `${name}: ${text} | ${o.text}`),
      ]
    })
  })
}
