import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

/** One module for browsers, minified. */
export interface WebBundle {
  readonly code: string
  readonly bytes: number
  readonly gzipBytes: number
}

/**
 * Bundles a file for browsers as a frontend's build does, with the conditions that bundlers use.
 *
 * @param folder where the file and its `node_modules` are
 * @param modules further folders in which packages are looked for
 * @throws when anything is left that a browser could not load, or the bundler warns of anything
 */
export async function bundleForWeb(
  { folder, file }: { readonly folder: string; readonly file: string },
  modules: readonly string[] = [],
): Promise<WebBundle> {
  const build = await rolldown({
    cwd: folder,
    input: file,
    platform: 'browser',
    resolve: { modules: ['node_modules', ...modules] },
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message)
    },
  })
  const { output } = await build.generate({ format: 'es', minify: true, codeSplitting: false })
  await build.close()
  const [{ code, imports }] = output
  if (imports.length > 0) throw new Error(`a browser cannot load ${imports.join(', ')}`)
  return { code, bytes: Buffer.byteLength(code), gzipBytes: gzipSync(code).length }
}
