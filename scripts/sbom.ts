import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Json = Readonly<Record<string, unknown>>

interface Lock extends Json {
  readonly packages: Readonly<Record<string, Json>>
}

/**
 * The bill of materials of what runs in production, as CycloneDX: every package that the lock pins,
 * development packages left out. `npm sbom --omit=dev` also leaves out what production shares with
 * them, such as viem; so npm is shown a lock that has nothing else.
 */
export function sbomOf(root: string): string {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8'))
  const { devDependencies: _, scripts: __, ...manifest } = read('package.json') as Json
  const { packages, ...lock } = read('package-lock.json') as Lock
  const { devDependencies: ___, ...own } = packages[''] ?? {}
  const kept = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true)
  const directory = mkdtempSync(join(tmpdir(), 'parallax-sbom-'))
  try {
    const write = (file: string, value: unknown) =>
      writeFileSync(join(directory, file), JSON.stringify(value))
    write('package.json', manifest)
    write('package-lock.json', { ...lock, packages: { '': own, ...Object.fromEntries(kept) } })
    const options = ['--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application']
    return execFileSync('npm', ['sbom', ...options], { cwd: directory, encoding: 'utf8' })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
