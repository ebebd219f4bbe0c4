import fc from 'fast-check'
import { expect, test } from 'vitest'
import { codeOf } from '../../node/errors.ts'
import { sourcesConfigSchema } from '../../node/sources/config.ts'
import { declaredVenue } from '../../node/sources/declared-venue.ts'
import { readJson } from '../../node/sources/json.ts'
import { parsePointer, valueAt } from '../../node/sources/json-pointer.ts'
import { withHosts } from '../../node/sources/venue-config.ts'
import { runs } from '../support/property.ts'

const NAMES = ['', 'a', 'b', '0', '1', '{symbol}', 'x', '~', '/', '-', '__proto__', 'length']
const name = fc.constantFrom(...NAMES)
const written = (names: readonly string[]) =>
  names.map((each) => `/${each.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
const pointer = fc.oneof(fc.array(name, { maxLength: 4 }).map(written), fc.string({ maxLength: 9 }))
const time = fc.record({ pointer, unit: fc.constantFrom('s', 'ms', 'us', 'ns', 'iso8601') })

const scalar = fc.oneof(
  fc.constantFrom('1', '0', '-1', '1e400', '1.5', '1732147200', '1732147200123', 'NaN', 'x', ''),
  fc.constantFrom(null, true, 7, 1_732_147_200_123, -0.5, 1e21),
)
/** A ticker as pointers of one name read it. */
const ticker = fc.record({ a: scalar, b: scalar, x: scalar })
const { body } = fc.letrec<{ body: unknown }>((tie) => ({
  body: fc.oneof(
    { depthSize: 'small' },
    scalar,
    ticker,
    fc.array(tie('body'), { maxLength: 3 }),
    fc.dictionary(name, tie('body'), { maxKeys: 4 }),
  ),
}))

const ALWAYS = {
  baseUrl: fc.constant('https://api.example.com'),
  budget: fc.constant({ requestsMax: 5, perMs: 1_000 }),
  symbols: fc.constant({ 'BTC/USD': 'x', 'ETH/USD': '1' }),
}
const success = fc.record({ pointer, equals: fc.constantFrom('1', 'x', true, 7) })
const wild = fc.record(
  {
    ...ALWAYS,
    path: fc.constantFrom('/all', '/{symbol}', '/t?{symbol}'),
    fields: fc.record(
      { bid: pointer, ask: pointer, last: pointer, lastTime: time, baseVolume: pointer, time },
      { requiredKeys: ['bid', 'ask'] },
    ),
    success,
    list: pointer,
    symbol: pointer,
  },
  { requiredKeys: ['baseUrl', 'path', 'budget', 'fields', 'symbols'] },
)
const near = fc.constantFrom('/a', '/b', '/x')
/** Mostly right, so that quotes come of it as well. */
const tame = fc.record(
  {
    ...ALWAYS,
    path: fc.constant('/{symbol}'),
    fields: fc.record(
      {
        bid: near,
        ask: near,
        time: fc.record({ pointer: near, unit: fc.constantFrom('s', 'ms') }),
      },
      { requiredKeys: ['bid', 'ask'] },
    ),
    symbol: near,
  },
  { requiredKeys: ['baseUrl', 'path', 'budget', 'fields', 'symbols'] },
)
const declaration = fc.oneof(tame, wild)

/** What a declared venue does with an answer: a code, or one entry per market. */
function outcomeOf(declared: unknown, answer: unknown): readonly string[] | string | null {
  const config = sourcesConfigSchema.safeParse({ declaredVenues: { example: declared } })
  const checked = config.data?.declaredVenues.example
  if (checked === undefined) return null
  const venue = declaredVenue('example', withHosts(checked, null))
  const markets = ['BTC/USD', 'ETH/USD'].map((market) => ({
    market,
    symbol: venue.symbolOf(market),
  }))
  const [request] = venue.requests(markets)
  if (request === undefined) throw new Error('a venue asks for its markets')
  try {
    const answers = venue.parse(readJson(JSON.stringify(answer)), request)
    expect(answers.map(({ market }) => market)).toEqual(request.markets.map(({ market }) => market))
    return answers.map((each) => (each.type === 'refused' ? each.code : 'quoted'))
  } catch (error) {
    return codeOf(error)
  }
}

test('whatever is declared and answered, a declared venue has quotes or codes and nothing else', () => {
  fc.assert(
    fc.property(declaration, body, (declared, answer) => {
      for (const each of [outcomeOf(declared, answer) ?? []].flat()) {
        expect(each).toMatch(/^(quoted|SOURCE_[A-Z_]+)$/)
      }
    }),
    runs(2_000),
  )
})

test('what is drawn for that reaches quotes and every refusal', () => {
  const drawn = fc.sample(fc.tuple(declaration, body), { seed: 1, numRuns: 3_000 })
  const seen = new Set(drawn.flatMap(([declared, answer]) => outcomeOf(declared, answer) ?? []))
  expect([...seen].sort()).toEqual([
    'SOURCE_ANSWER_UNEXPECTED',
    'SOURCE_NUMBER_INVALID',
    'SOURCE_POINTER_ABSENT',
    'SOURCE_REFUSED',
    'SOURCE_SYMBOL_ABSENT',
    'SOURCE_TIME_INVALID',
    'quoted',
  ])
})

test('whatever a declaration is, it is taken or refused with problems', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (declared, key) => {
      const declaredVenues = Object.fromEntries([[key, declared]])
      const outcome = sourcesConfigSchema.safeParse({ declaredVenues })
      expect(outcome.success || outcome.error.issues.length > 0).toBe(true)
    }),
    runs(500),
  )
})

test('a pointer that is written from names leads where the names lead', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), body, (names, answer) => {
      const outcome = parsePointer(written(names))
      expect(outcome).toEqual({ type: 'parsed', pointer: names })
      const whole = readJson(JSON.stringify(answer))
      const wanted = names.reduce<unknown>(
        (value, each) =>
          typeof value === 'object' &&
          value !== null &&
          Object.hasOwn(value, each) &&
          each !== 'length'
            ? (value as Record<string, unknown>)[each]
            : isNamed(value, each),
        answer,
      )
      expect(valueAt(whole, names) === undefined).toBe(wanted === undefined)
    }),
    runs(2_000),
  )
})

/** `length` is a name like any other in an object and none in a list. */
function isNamed(value: unknown, each: string): unknown {
  if (each !== 'length' || Array.isArray(value) || typeof value !== 'object' || value === null) {
    return undefined
  }
  return (value as Record<string, unknown>)[each]
}
