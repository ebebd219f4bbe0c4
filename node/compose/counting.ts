import type { Committee } from '../../aggregator/committee/committee.ts'
import { roundAt } from '../../aggregator/committee/committee.ts'
import type { NoteCode } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import type { Metrics } from '../api/metrics.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../logging.ts'
import type { Observer } from '../ports.ts'
import type { SourceMetric } from '../sources/engine.ts'
import type { RoundBook } from '../view/round-book.ts'

export interface CountingDependencies {
  readonly metrics: Metrics
  readonly log: Log
  readonly book: RoundBook
  readonly committee: Committee
  readonly clock: Pick<Clock, 'nowMs'>
}

/** Nobody but the operator can set a clock. */
const CLOCK_NOTES: readonly NoteCode[] = ['CLOCK_BEHIND', 'CLOCK_CONTRADICTED']

/** Counts and logs what the machine does; rare changes at info, the rest at debug. */
export function counting(use: CountingDependencies): Observer {
  const { metrics, log, book, committee } = use
  let wasAhead = false
  const watchClock = (event: Event) => {
    book.clock.onEvent(event)
    const isAhead = book.clock.isAhead(event.nowMs)
    if (isAhead && !wasAhead) log.error('clock.ahead')
    wasAhead = isAhead
  }
  return {
    onEvent: (event) => {
      watchClock(event)
      if (event.type === 'alarmFired') metrics.round.set(roundAt(committee, event.nowMs))
    },
    onEffect: (effect) => {
      book.onEffect(effect)
      switch (effect.type) {
        case 'certified': {
          const { round } = effect.certificate.message
          const latencyMs = book.rounds().find((row) => row.round === round)?.latencyMs ?? 0
          metrics.rounds.inc({ path: effect.path })
          metrics.certificateLatency.observe(latencyMs / 1_000)
          log.debug('round.certified', { round, path: effect.path, latencyMs })
          return
        }
        case 'skipped':
          metrics.rounds.inc({ path: 'skipped' })
          log.info('round.skipped', { round: effect.round })
          return
        case 'note': {
          const { code, round, members } = effect
          metrics.notes.inc({ code })
          const about = { code, round, members: listMembers(members) }
          if (CLOCK_NOTES.includes(code)) log.error('protocol.note', about)
          else log.info('protocol.note', about)
          return
        }
        default:
      }
    },
  }
}

/** Counts what the sources do. */
export function countingSources(metrics: Metrics): (metric: SourceMetric) => void {
  return (metric) => {
    switch (metric.type) {
      case 'polled':
        metrics.quotes.inc({ venue: metric.venue, outcome: metric.code })
        break
      case 'streamed':
        metrics.streamFrames.inc({ venue: metric.venue }, metric.frames)
        break
      case 'streamFailed':
        metrics.streamFaults.inc({ venue: metric.venue, code: metric.code })
        break
      case 'hostFailed': {
        const { venue, host, code } = metric
        metrics.hostFaults.inc({ venue, host, code })
        break
      }
      case 'sampled':
        break
    }
  }
}
