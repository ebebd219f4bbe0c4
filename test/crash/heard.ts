import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { toHex } from '../../aggregator/values/bytes.ts'
import { recover } from '../../node/keys/promise-records.ts'
import { journalFault } from './journal-check.ts'

/** What a committee of killed nodes said, by the journals of all of them. */
export interface Heard {
  /** Things that may be said once only (protocol §2.4). */
  readonly messages: number
  /** Those of them that were said in two ways. */
  readonly conflicts: readonly string[]
  /** Rounds that somebody holds a certificate of. */
  readonly certified: ReadonlySet<number>
  /** Files of promises that nobody can read any more. */
  readonly unreadable: number
  readonly journalFaults: readonly string[]
}

/** Reads promises and journals of nodes that have ended, by their data directories. */
export function hearAll(dataDirectories: readonly string[]): Heard {
  const said = new Map<string, Set<string>>()
  const certified = new Set<number>()
  const journalFaults: string[] = []
  let unreadable = 0
  for (const data of dataDirectories) {
    const { type } = recover(readFileSync(join(data, 'promises')))
    if (type === 'corrupt' || type === 'foreign') unreadable += 1
    const path = join(data, 'journal.sqlite')
    const fault = journalFault(path)
    if (fault === null) read(path, { said, certified })
    else journalFaults.push(fault)
  }
  const conflicts = [...said].filter(([, contents]) => contents.size > 1).map(([key]) => key)
  return { messages: said.size, conflicts, certified, unreadable, journalFaults }
}

/** Nobody contradicted itself and every file can be read, in a run that said something at all. */
export function isSound({ messages, conflicts, unreadable, journalFaults }: Heard): boolean {
  return messages > 0 && conflicts.length + unreadable + journalFaults.length === 0
}

/** The part of a report that all commands share. */
export function figuresOf(heard: Heard): Readonly<Record<string, unknown>> {
  return {
    messagesSeen: heard.messages,
    conflicts: heard.conflicts.length,
    unreadable: heard.unreadable,
    journalsUnreadable: heard.journalFaults.length,
    faults: [...heard.conflicts, ...heard.journalFaults].slice(0, 10),
  }
}

function read(
  path: string,
  into: { readonly said: Map<string, Set<string>>; readonly certified: Set<number> },
): void {
  const database = new DatabaseSync(path)
  try {
    const messages = database.prepare('SELECT round, type, sender, slot, digest FROM message')
    for (const { round, type, sender, slot, digest } of messages.iterate()) {
      const key = `${sender} ${round} ${type} ${slot ?? ''}`
      const contents = into.said.get(key) ?? new Set()
      into.said.set(key, contents.add(toHex(digest as Uint8Array)))
    }
    const rounds = database.prepare('SELECT DISTINCT round FROM certificate').all()
    for (const { round } of rounds) into.certified.add(Number(round))
  } finally {
    database.close()
  }
}
