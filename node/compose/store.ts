import { join } from 'node:path'
import type { Context } from '../../aggregator/context.ts'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type {
  Certificate,
  Evidence,
  GossipMessage,
  Verified,
} from '../../aggregator/messages/messages.ts'
import { validate } from '../../aggregator/messages/validate.ts'
import type { Memory } from '../driver.ts'
import type { Log } from '../logging.ts'
import type { Observer, StorePort } from '../ports.ts'
import { Journal } from '../store/journal.ts'
import type { MessageEntry } from '../store/journal-entries.ts'
import { JournalReader } from '../store/journal-reader.ts'
import { stepText } from './step-text.ts'

/** Name of the journal in a node's data directory. */
export const JOURNAL_FILE = 'journal.sqlite'

/** The journal as the driver uses it. */
export interface Store extends StorePort {
  readonly journal: Journal
  /** What the last process left, checked again: a disk is not trusted. The journal must run. */
  readonly remembered: (context: Context) => Omit<Memory, 'watermark'>
  readonly observer: Observer
}

export interface StoreOptions {
  readonly dataDirectory: string
  readonly startedMs: number
}

export function openStore(
  { dataDirectory, startedMs }: StoreOptions,
  dependencies: { readonly nowMs: () => number; readonly log: Log },
): Store {
  const { nowMs, log } = dependencies
  const path = join(dataDirectory, JOURNAL_FILE)
  const journal = new Journal(
    { path, startedMs },
    {
      onHealth: (failure) => {
        if (failure === null) log.info('journal.recovered')
        else log.error('journal.failed', { code: failure.code, error: failure })
      },
    },
  )
  let kept: Verified<Certificate> | null = null
  return {
    journal,
    remembered: (context) => rememberedFrom(path, context, log),
    keepCertificate: (certificate) => {
      kept = certificate
      journal.append({ ...certificateEntry(certificate, nowMs()), isBest: true })
    },
    keepEvidence: (evidence) => {
      const { accused, round } = evidence.message
      const { bytes } = evidence
      journal.append({ table: 'evidence', accused, round, bytes, receivedMs: nowMs() })
    },
    observer: {
      onEvent: (event) => {
        appendStep(journal, { step: event, kind: 'event', nowMs: event.nowMs })
        if (event.type === 'received') appendMessage(journal, event)
      },
      onEffect: (effect) => {
        appendStep(journal, { step: effect, kind: 'effect', nowMs: nowMs() })
        if (effect.type !== 'certified' || effect.certificate === kept) return
        journal.append({ ...certificateEntry(effect.certificate, nowMs()), isBest: false })
      },
    },
  }
}

function certificateEntry({ message, bytes }: Verified<Certificate>, receivedMs: number) {
  const path = message.slot === 0 ? ('fast' as const) : ('proposed' as const)
  const { round, slot } = message
  return { table: 'certificate' as const, round, slot, path, bytes, receivedMs }
}

function appendStep(
  journal: Journal,
  entry: {
    readonly step: Event | Effect
    readonly kind: 'event' | 'effect'
    readonly nowMs: number
  },
): void {
  const { step, kind, nowMs } = entry
  const round = 'round' in step && typeof step.round === 'number' ? step.round : 0
  journal.append({ table: 'step', nowMs, round, kind, type: step.type, body: stepText(step) })
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

function rememberedFrom(path: string, context: Context, log: Log) {
  const reader = new JournalReader(path)
  try {
    const best = reader.bestCertificate()
    const certificate = best === null ? null : checked<Certificate>(context, best)
    if (best !== null && certificate === null) log.warn('journal.certificate.refused')
    const evidence = reader
      .evidence()
      .map((bytes) => checked<Evidence>(context, bytes))
      .filter((each) => each !== null)
    return { certificate, evidence }
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
