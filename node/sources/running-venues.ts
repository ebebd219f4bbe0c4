import type { VenueName } from '../../aggregator/aggregation/quote.ts'
import { textOfConfig } from '../settings/equal.ts'
import { type AskingScope, askedDerivatives, askedVenues } from './asked.ts'
import { LimitsBook } from './limits.ts'
import type { OpenStanding, OpenVenue, OpenVenueDependencies } from './open-venue.ts'
import { openPolledVenue, openVenue } from './open-venue.ts'

/** A venue that is asked, until it is ended. */
interface RunningVenue {
  readonly name: VenueName
  /** All that decides how it is asked, as text: equal texts ask alike. */
  readonly how: string
  readonly part: OpenVenue
  readonly controller: AbortController
  /** Resolves when nothing of it runs any more. */
  readonly ended: Promise<void>
}

interface ToAsk {
  readonly name: VenueName
  readonly how: string
  readonly open: (asking: OpenVenueDependencies) => OpenVenue
}

/** The venues that are asked now. */
export class RunningVenues {
  readonly #asking: OpenVenueDependencies
  #running: readonly RunningVenue[] = []
  readonly #ending = new Set<Promise<void>>()
  /** Outlive every configuration, as they do at the venues. */
  readonly #limits = new LimitsBook()
  /** Of those that were ended: what a venue said does not end because the configuration changed. */
  readonly #standings = new Map<VenueName, OpenStanding>()

  constructor(asking: OpenVenueDependencies) {
    this.#asking = asking
  }

  /**
   * Opens what is not asked so yet; nothing of it runs before it is taken over.
   *
   * @returns asks these from then on: what is asked as before goes on, all else is ended or begun;
   * to be called in the same turn of the event loop
   */
  prepare(scope: AskingScope): () => void {
    const wanted = toAsk(scope)
    const isWanted = ({ name, how }: RunningVenue) =>
      wanted.some((each) => each.name === name && each.how === how)
    const kept = new Map(this.#running.filter(isWanted).map((each) => [each.name, each]))
    const begins = wanted.map((each) => {
      const running = kept.get(each.name)
      return running === undefined ? this.#open(each) : () => running
    })
    return () => {
      for (const each of this.#running) if (kept.get(each.name) !== each) this.#end(each)
      this.#running = begins.map((begin) => begin())
    }
  }

  /** In the order in which they are shown. */
  parts(): readonly OpenVenue[] {
    return this.#running.map(({ part }) => part)
  }

  /** Resolves when nothing runs any more, of venues that were asked before either. */
  async stop(): Promise<void> {
    for (const each of this.#running) this.#end(each)
    this.#running = []
    await Promise.all(this.#ending)
  }

  /** What begins to ask it. */
  #open({ name, how, open }: ToAsk): () => RunningVenue {
    const controller = new AbortController()
    const { signal } = controller
    const { onPolled, onStreamed, onStreamFault } = this.#asking
    const before = this.#running.find((each) => each.name === name)
    // What was under way when a venue was ended may be about markets that nobody asks for any more.
    const part = open({
      ...this.#asking,
      limits: this.#limits,
      standing: before?.part.standing() ?? this.#standings.get(name),
      onPolled: (report, from) => signal.aborted || onPolled(report, from),
      onStreamed: (venue, report) => signal.aborted || onStreamed(venue, report),
      onStreamFault: (venue, code) => signal.aborted || onStreamFault(venue, code),
    })
    const { poller, stream, close } = part
    return () => {
      const loops = [poller, ...(stream === null ? [] : [stream])].map((each) => each.run(signal))
      const ended = Promise.all(loops).then(() => close())
      return { name, how, part, controller, ended }
    }
  }

  #end({ name, part, controller, ended }: RunningVenue): void {
    this.#standings.set(name, part.standing())
    controller.abort()
    this.#ending.add(ended)
    void ended.finally(() => this.#ending.delete(ended))
  }
}

function toAsk(scope: AskingScope): readonly ToAsk[] {
  const { spot, derivatives } = askedVenues(scope)
  return [
    ...spot.map((asked): ToAsk => {
      const { venue, config, streamed } = asked.found
      const how = textOfConfig([config, streamed, asked.markets])
      return { name: venue.name, how, open: (asking) => openVenue(asked, asking) }
    }),
    ...derivatives.map((venue): ToAsk => {
      const { name, config, rules } = venue
      const how = textOfConfig([config, rules, scope.feeds])
      const open: ToAsk['open'] = (asking) =>
        openPolledVenue(askedDerivatives(venue, scope.feeds), asking)
      return { name, how, open }
    }),
  ]
}
