import { readFile } from 'node:fs/promises'
import type { NodeConfig } from './schema.ts'

/** Modules, journal, promises, the log, and what is opened for moments. */
const FILES_OWN = 64
/** Members and whoever dials the gossip port, between which a socket cannot tell at first. */
const FILES_GOSSIP = 256
/** A venue or an endpoint: its connections, its stream, and the ones that replace them. */
const FILES_ASKED = 8

/** What a node of this configuration may have open while it works as configured. */
export function filesWanted({ api, network, chains, sources }: NodeConfig): number {
  const venues = [sources.venues, sources.declaredVenues, sources.optionVenues]
  const asked = venues.reduce((sum, each) => sum + Object.keys(each).length, 0)
  const endpoints = chains.reduce((sum, { rpcUrls }) => sum + rpcUrls.length, 0)
  const strangers = network.public?.peersMax ?? 0
  const served = api.connectionsMax + FILES_GOSSIP + strangers
  return FILES_OWN + served + FILES_ASKED * (asked + endpoints)
}

/** What is too little, and how much would do; null when the limit is enough or not known. */
export function filesLow(config: NodeConfig, filesMax: number | null) {
  const wanted = filesWanted(config)
  if (filesMax === null || filesMax >= wanted) return null
  return { code: 'FILES_LIMIT_LOW', filesMax, wanted } as const
}

/** How many files this process may have open, as Linux says; null elsewhere. */
export async function openFilesMax(): Promise<number | null> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
  return soft === undefined ? null : Number(soft)
}
