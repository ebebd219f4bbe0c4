import { join } from 'node:path'
import {
  basesIn,
  derivedFeedsOf,
  keptValuesOf,
  type PastFeedValue,
} from '../../aggregator/aggregation/derived-feeds.ts'
import type { Committee } from '../../aggregator/committee/committee.ts'
import { openingOf, roundAt } from '../../aggregator/committee/committee.ts'
import type { Context } from '../../aggregator/context.ts'
import type { Event } from '../../aggregator/events.ts'
import type {
  Certificate,
  Evidence,
  GossipMessage,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { validate } from '../../aggregator/messages/validate.ts'
import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Memory } from '../driver.ts'
import type { History } from '../gateway/history.ts'
import { type Doing, doAtOnce } from '../later.ts'
import type { Log } from '../logging.ts'
import type { Observer, StorePort } from '../ports.ts'
import { CHAIN_START, chained } from '../replay/chain.ts'
import { encodeEffect } from '../replay/effect-codec.ts'
import { encodeEvent } from '../replay/event-codec.ts'
import { Journal } from '../store/journal.ts'
import type { ConfigEntry, MessageEntry, PastEntry, StepEntry } from '../store/journal-entries.ts'
import { JournalReader } from '../store/journal-reader.ts'
import type { RoundRange } from '../store/journal-rows.ts'
import { historyInTurn } from './history-in-turn.ts'
import { certifiedPast, keptPast } from './past.ts'

/** Name of the journal in a node's data directory. */
export const JOURNAL_FILE = 'journal.sqlite'

/** The journal as the driver uses it. */
export interface Store extends StorePort {
  readonly journal: Journal
  /** What the last process left, checked again: a disk is not trusted. The journal must run. */
  readonly remembered: (context: Context) => Omit<Memory, 'watermark'>
  /** Certificates of these rounds that earlier processes left, checked again. */
  readonly certificates: (context: Context, rounds: RoundRange) => readonly Verified<Certificate>[]
  /** Past certificates, one read at a time, when no round is in a hurry. */
  readonly history: History
  /** Keeps what became of a configuration. */
  readonly keepConfig: (config: Omit<ConfigEntry, 'table'>) => void
  readonly observer: Observer
}

export interface StoreOptions {
  readonly dataDirectory: string
  readonly startedMs: number
  readonly committee: Committee
  readonly self: MemberIndex
}

export function openStore(
  { dataDirectory, startedMs, committee, self }: StoreOptions,
  dependencies: {
    readonly nowMs: () => number
    readonly log: Log
    /** When steps are encoded: a round in a hurry need not wait for its history. */
    readonly later?: Doing
  },
): Store {
  const { nowMs, log, later = doAtOnce } = dependencies
  const path = join(dataDirectory, JOURNAL_FILE)
  const journal = new Journal(
    { path, run: { startedMs, member: self, committeeDigest: committee.digest } },
    {
      onHealth: (failure) => {
        if (failure === null) log.info('journal.recovered')
        else log.error('journal.failed', { code: failure.code, error: failure })
      },
    },
  )
  const appendStep = stepRecorder(journal, committee)
  const appendPast = pastRecorder(journal, committee)
  let kept: Verified<Certificate> | null = null
  return {
    journal,
    remembered: (context) => rememberedFrom({ path, log, appendPast }, context),
    certificates: (context, rounds) => {
      const reader = new JournalReader(path)
      try {
        const held = reader.certificates(rounds)
        return held.flatMap(({ bytes }) => checked<Certificate>(context, bytes) ?? [])
      } finally {
        reader.close()
      }
    },
    history: historyInTurn(({ from, to, limit }) => readHistory(path, { from, to }, limit), later),
    keepConfig: (config) => journal.append({ table: 'config', ...config }),
    keepCertificate: (certificate) => {
      kept = certificate
      journal.append({ ...certificateEntry(committee, certificate, nowMs()), isBest: true })
    },
    keepEvidence: (evidence) => {
      const { accused, round } = evidence.message
      const { bytes } = evidence
      journal.append({ table: 'evidence', accused, round, bytes, receivedMs: nowMs() })
    },
    observer: {
      onEvent: (event) => {
        const { type, nowMs: atMs } = event
        if (event.type === 'pastLearned') appendPast.values(event.past)
        later(() => {
          appendStep({ kind: 'event', type, nowMs: atMs, body: encodeEvent(event) })
          if (event.type === 'received') appendMessage(journal, event)
        })
      },
      onEffect: (effect) => {
        const { type } = effect
        const atMs = nowMs()
        later(() =>
          appendStep({ kind: 'effect', type, nowMs: atMs, body: encodeEffect(committee, effect) }),
        )
        if (effect.type !== 'certified') return
        appendPast.certificate(effect.certificate.message)
        if (effect.certificate === kept) return
        const entry = certificateEntry(committee, effect.certificate, atMs)
        journal.append({ ...entry, isBest: false })
      },
    },
  }
}

function readHistory(path: string, range: RoundRange, limit: number) {
  const reader = new JournalReader(path)
  try {
    return reader.firstCertificates(range, limit)
  } finally {
    reader.close()
  }
}

function certificateEntry(
  committee: Committee,
  { message, bytes }: Verified<Certificate>,
  receivedMs: number,
) {
  const path = message.slot === 0 ? ('fast' as const) : ('proposed' as const)
  const { round, slot } = message
  const openedMs = openingOf(committee, round)
  return { table: 'certificate' as const, round, slot, path, bytes, openedMs, receivedMs }
}

/**
 * Numbers and chains the steps of this process as they come; what the journal loses leaves a gap.
 */
function stepRecorder(journal: Journal, committee: Committee) {
  let number = 0
  let chain = CHAIN_START
  return (step: Pick<StepEntry, 'kind' | 'type' | 'nowMs' | 'body'>): void => {
    chain = chained(chain, step)
    journal.append({
      table: 'step',
      number,
      chain,
      round: roundAt(committee, step.nowMs),
      ...step,
    })
    number += 1
  }
}

function appendMessage(journal: Journal, event: Extract<Event, { type: 'received' }>): void {
  const { message, bytes, digest } = event.message
  if (message.type === 'certificate' || message.type === 'evidence') return
  journal.append({
    table: 'message',
    round: message.round,
    type: message.type,
    sender: message.sender,
    ...aboutOf(message),
    digest,
    bytes,
    receivedMs: event.nowMs,
    origin: event.origin,
  })
}

function aboutOf(message: GossipMessage): Pick<MessageEntry, 'slot' | 'reportDigest'> {
  if (message.type === 'share') return { slot: message.slot, reportDigest: message.reportDigest }
  if (message.type === 'proposal') return { slot: message.rank, reportDigest: message.reportDigest }
  return { slot: null, reportDigest: null }
}

/** Keeps what derived feeds look back to, beside the history, which is rolled away (§6.1). */
function pastRecorder(journal: Journal, committee: Committee) {
  const { feeds } = committee.params
  const derived = derivedFeedsOf(feeds)
  const entriesOf = function* (past: readonly PastFeedValue[]): Generator<PastEntry> {
    for (const each of past) {
      for (const kept of keptValuesOf(derived, feeds, each)) yield { table: 'past', ...kept }
    }
  }
  return {
    /** All that was before, at a start: of long windows more than may wait for the disk. */
    values: (past: readonly PastFeedValue[]): void => journal.appendInTurn(entriesOf(past)),
    certificate: ({ round, words }: Certificate): void => {
      if (derived.length === 0) return
      const now = basesIn(derived, { openedMs: openingOf(committee, round), words })
      for (const entry of entriesOf(now)) journal.append(entry)
    },
  }
}

function rememberedFrom(
  from: {
    readonly path: string
    readonly log: Log
    readonly appendPast: ReturnType<typeof pastRecorder>
  },
  context: Context,
) {
  const { path, log, appendPast } = from
  const reader = new JournalReader(path)
  try {
    const best = reader.bestCertificate()
    const certificate = best === null ? null : checked<Certificate>(context, best)
    if (best !== null && certificate === null) log.warn('journal.certificate.refused')
    const held = reader.evidence()
    const evidence = held.flatMap((bytes) => checked<Evidence>(context, bytes) ?? [])
    // Whom it convicts is a member like any other from now on: that must not go unsaid.
    if (evidence.length < held.length) {
      log.warn('journal.evidence.refused', { count: held.length - evidence.length })
    }
    const kept = keptPast(reader, context.committee)
    if (kept.length > 0) return { certificate, evidence, past: kept }
    const past = certifiedPast(reader, context.committee, certificate)
    appendPast.values(past)
    return { certificate, evidence, past }
  } finally {
    reader.close()
  }
}

/** Null for anything that is not sound in this committee, such as what another one left. */
function checked<M extends Certificate | Evidence>(
  context: Context,
  bytes: Uint8Array,
): Verified<M> | null {
  for (const topic of ['reports', 'protocol'] as const) {
    const verdict = validate(context, bytes, { topic, currentRound: 0 })
    if (verdict.verdict === 'accept') return verdict.message as Verified<M>
  }
  return null
}
