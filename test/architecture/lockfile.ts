import { read } from './source-files.ts'

export interface LockEntry {
  /** Where npm puts it, such as `node_modules/viem/node_modules/ws`. */
  readonly path: string
  /** The package's own name, which an alias hides. */
  readonly name: string
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
  readonly hasInstallScript?: boolean
  readonly inBundle?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface RawEntry extends Partial<Omit<LockEntry, 'path'>> {
  readonly version?: string
}

/** Every package of a lock except the project itself. */
export function lockEntries(lock: string): readonly LockEntry[] {
  const raw = JSON.parse(read(lock)).packages as Record<string, RawEntry>
  return Object.entries(raw)
    .filter(([path]) => path !== '')
    .map(([path, entry]) => ({
      ...entry,
      path,
      name: entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version ?? '',
    }))
}

/** Whether a plain version such as 1.20.3 is at least the floor; a pre-release never is. */
export function isAtLeast(version: string, floor: string): boolean {
  if (!/^\d+\.\d+\.\d+$/.test(version)) return false
  const [have, want] = [version, floor].map((text) => text.split('.').map(Number))
  for (const [index, part] of (want ?? []).entries()) {
    const ours = have?.[index] ?? 0
    if (ours !== part) return ours > part
  }
  return true
}
