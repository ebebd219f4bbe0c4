import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const packageSchema = z.object({ version: z.string() })

/** Version of this package. */
export async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return packageSchema.parse(JSON.parse(text)).version
}
