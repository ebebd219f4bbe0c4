import { expect } from 'vitest'
import { formatDecimal } from '../../aggregator/values/decimal.ts'
import { codeOf } from '../../node/errors.ts'
import { readJson } from '../../node/sources/json.ts'
import type { StreamAnswer, StreamEvent, Venue } from '../../node/sources/venue.ts'

export const marketsOf = (venue: Venue, ...markets: readonly string[]) =>
  markets.map((market) => ({ market, symbol: venue.symbolOf(market) }))

/**
 * The answers in a form that reads: amounts without trailing zeros, refusals as their code, and a
 * dash for what a channel does not carry.
 */
export function shown(answers: readonly StreamAnswer[]) {
  return answers.map((answer) => {
    if (answer.type === 'refused') return answer.code
    const { bid, ask, last, baseVolume, lastTradeMs, venueMs } = answer.quote
    const text = (value: bigint | null | undefined) => {
      if (value === undefined) return '-'
      return value === null ? null : formatDecimal(value, 18).replace(/\.?0+$/, '')
    }
    const times = [lastTradeMs, venueMs].map((each) => (each === undefined ? '-' : each))
    return [text(bid), text(ask), text(last), text(baseVolume), ...times]
  })
}

/** Answers to the first request for these markets, or the code of the refusal. */
export function parse(venue: Venue, body: string, ...markets: readonly string[]) {
  const request = venue.requests(marketsOf(venue, ...markets))[0]
  if (request === undefined) throw new Error('a venue asks for its markets')
  try {
    return shown(venue.parse(readJson(body), request))
  } catch (error) {
    return codeOf(error)
  }
}

export function streamOf(venue: Venue) {
  if (venue.stream === null) throw new Error(`${venue.name} is only polled`)
  return venue.stream
}

/** What the first frame of a connection means. */
export function frame(venue: Venue, text: string, ...markets: readonly string[]) {
  return frames(venue, [text], ...markets)[0]
}

/** What the frames of one connection mean, one after the other. */
export function frames(venue: Venue, texts: readonly string[], ...markets: readonly string[]) {
  const read = streamOf(venue).reader()
  const asked = marketsOf(venue, ...markets)
  return texts.map((text) => {
    try {
      const event = read(readJson(text), asked)
      return event.type === 'answers' ? shown(event.answers) : (replyOf(event) ?? event.type)
    } catch (error) {
      return codeOf(error)
    }
  })
}

function replyOf(event: StreamEvent): string | undefined {
  return event.type === 'heartbeat' ? event.reply : undefined
}

/** The bid of each market, or its code. */
export function bids(...asked: Parameters<typeof parse>) {
  const answers = parse(...asked)
  if (typeof answers === 'string') return answers
  return answers.map((answer) => (typeof answer === 'string' ? answer : answer[0]))
}

/** The text with one part of it changed; it must be there. */
export const edit = (body: string, from: string, to: string) => {
  expect(body).toContain(from)
  return body.replace(from, to)
}
