import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checked } from '../../../../node/config/problems.ts'
import { parseYaml } from '../../../../node/config/yaml.ts'
import { sourcesConfigSchema } from '../../../../node/sources/config.ts'
import { configuredNames, configuredVenue } from '../../../../node/sources/configured-venues.ts'
import { DERIVATIVE_VENUE_NAMES, VENUE_NAMES } from '../../../../node/sources/registry.ts'
import { sourceSettings } from '../../../../node/sources/settings.ts'
import type { Declaration } from '../../../support/declared.ts'
import { declaration } from '../../../support/declared.ts'
import { parse } from '../../../support/venue-answers.ts'
import { FEEDS } from '../../../support/venues.ts'

const problems = (input: unknown) => {
  const outcome = checked(sourcesConfigSchema, input)
  return outcome.type === 'checked'
    ? []
    : outcome.problems.map(({ path, message }) => `${path}: ${message}`)
}

const example = (more: object = {}) => ({
  declaredVenues: { example: declaration(more as Partial<Declaration>) },
})

const LEGS = ['kraken', 'coinbase', 'example'].map((venue) => ({ venue, market: 'BTC/USD' }))
const feed = (legs: unknown = LEGS) => ({ feeds: { 'BTC/USD': { legs } } })

describe('the declaration of a venue', () => {
  test('needs an address, a path, a budget and where the price is; a leg may name it', () => {
    const input = { ...example(), ...feed() }
    expect(problems(input)).toEqual([])
    const config = sourcesConfigSchema.parse(input)
    expect(configuredNames(config)).toEqual([...VENUE_NAMES, 'example'])
    expect(sourceSettings(config, FEEDS).feeds[0]?.legs).toContainEqual({
      venue: 'example',
      market: 'BTC/USD',
      route: [],
    })
    expect(configuredVenue(config, 'example')?.config).toMatchObject({
      enabled: true,
      pollMs: 1_000,
    })
  })

  test('given one that is disabled, then no leg of it is left', () => {
    const input = { ...example({ enabled: false }), ...feed([...LEGS, ...MORE]) }
    const { legs } = sourceSettings(sourcesConfigSchema.parse(input), FEEDS).feeds[0] ?? {}
    expect(legs?.map(({ venue }) => venue)).toEqual(['kraken', 'coinbase', 'bitstamp'])
    expect(problems({ ...example({ enabled: false }), ...feed() })).toEqual([
      'feeds.BTC/USD.sourcesMin: is 3, but only 2 of its venues are enabled',
    ])
  })

  test.each<[string, unknown, string]>([
    [
      'no address',
      { baseUrl: undefined },
      'example.baseUrl: must be an address, unless there are baseUrls',
    ],
    ['plain http', { baseUrl: 'http://a.example' }, 'example.baseUrl: must begin with https://'],
    [
      'a private address',
      { baseUrl: 'https://10.0.0.1' },
      'example.baseUrl: must be on the public',
    ],
    [
      'a public address as a local one',
      { baseUrl: 'https://1.1.1.1', access: 'local' },
      'example.baseUrl: must be on this machine',
    ],
    ['credentials', { baseUrl: 'https://a:b@a.example' }, 'example.baseUrl: must not contain'],
    ['the host of another', { baseUrl: 'https://api.kraken.com' }, 'is at the host of kraken'],
    ['a path that is none', { path: 'v1/{symbol}' }, 'example.path: must begin with a slash'],
    ['another mark', { path: '/v1/{pair}' }, 'example.path: must be made of'],
    ['a fragment', { path: '/v1/{symbol}#x' }, 'example.path: must be made of'],
    ['a long path', { path: `/{symbol}${'a'.repeat(512)}` }, 'example.path: is longer than 512'],
    ['one answer and one price', { path: '/v1' }, 'example.path: is the same for every market'],
    [
      'one answer and one ask',
      { path: '/v1', fields: { bid: '/{symbol}/b', ask: '/a' } },
      'example.path: is the same for every market',
    ],
    ['a list without names', { list: '/data' }, 'example.symbol: must say where a ticker'],
    ['a pointer that is none', { list: 'data', symbol: '/s' }, 'example.list: must begin with'],
    ['half a book', { fields: { bid: '/b' } }, 'example.fields: must have bid and ask'],
    ['a trade without a time', { fields: { last: '/l' } }, 'example.fields: must have bid and ask'],
    [
      'an unknown unit',
      { fields: { bid: '/b', ask: '/a', time: { pointer: '/t', unit: 'minutes' } } },
      'example.fields.time.unit: must be one of s, ms, us, ns, iso8601',
    ],
    ['a success of parts', { success: { pointer: '/s', equals: [] } }, 'success.equals: must be'],
    ['a success of a fraction', { success: { pointer: '/s', equals: 1.5 } }, 'equals: must be'],
    ['no budget', { budget: undefined }, 'example.budget: is missing'],
    ['a budget of nothing', { budget: { requestsMax: 0, perMs: 1_000 } }, 'requestsMax: must be'],
    ['an unknown key', { streamUrl: 'x' }, 'example.streamUrl: is not a known key'],
    ['a symbol that leaves its place', { symbols: { 'BTC/USD': '../x' } }, 'example.symbols'],
  ])('refuses %s and says where', (_, more, part) => {
    expect(problems(example(more as object)).join('\n')).toContain(part)
  })

  test.each([...VENUE_NAMES, ...DERIVATIVE_VENUE_NAMES])(
    'refuses the name %s, which is built in',
    (name) => {
      expect(problems({ declaredVenues: { [name]: declaration() } })).toEqual([
        `declaredVenues.${name}: is the name of a venue that is built in`,
      ])
    },
  )

  test.each(['', 'a', 'Example', 'my venue', '9lives', 'ä-venue', 'a'.repeat(32)])(
    'refuses the name %j, which a commitment or a label could not hold',
    (name) => {
      const declaredVenues = JSON.parse(`{${JSON.stringify(name)}:{}}`)
      expect(problems({ declaredVenues })[0]).toContain('must be 2 to 31 of a-z')
      expect(sourcesConfigSchema.safeParse({ declaredVenues }).success).toBe(false)
    },
  )

  test('takes sixteen, and not one more', () => {
    const many = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `venue-${i}`,
          declaration({ baseUrl: `https://v${i}.example` }),
        ]),
      )
    expect(problems({ declaredVenues: many(16) })).toEqual([])
    expect(problems({ declaredVenues: many(17) })).toEqual([
      'declaredVenues: takes at most 16 venues',
    ])
  })

  test('lists every problem at once', () => {
    const bad = { ...declaration(), path: 'v1', budget: {}, list: 4, extra: 1 }
    expect(problems({ declaredVenues: { kraken: {}, bad } })).toHaveLength(6)
  })

  test('one host is one venue: two names at it are refused, but not in a network of its own', () => {
    const two = (more: Partial<Declaration>) => ({
      declaredVenues: { one: declaration(more), two: declaration({ ...more, path: '/{symbol}' }) },
    })
    expect(problems(two({}))).toEqual([
      'declaredVenues.two.baseUrl: is at the host of one: one venue has one vote',
    ])
    expect(problems(two({ baseUrl: undefined, baseUrls: ['https://api.example.com'] }))).toEqual([
      'declaredVenues.two.baseUrls[0]: is at the host of one: one venue has one vote',
    ])
    expect(problems(two({ enabled: false }))).toEqual([])
    expect(problems(two({ baseUrl: 'http://127.0.0.1:9020', access: 'local' }))).toEqual([])
    const moved = { venues: { kraken: { baseUrl: 'https://api.example.com' } } }
    expect(problems({ ...example(), ...moved })).toEqual([
      'declaredVenues.example.baseUrl: is at the host of kraken: one venue has one vote',
    ])
  })
})

describe('the example of docs/config.md', () => {
  const doc = readFileSync(new URL('../../../../docs/config.md', import.meta.url), 'utf8')
  const section = doc.slice(doc.indexOf('### A venue without code'))
  const block = (kind: string) =>
    new RegExp(`\\n\`\`\`${kind}\\n([^]*?)\`\`\``).exec(section)?.[1] ?? ''

  test('is a good configuration, and reads the answer that stands beside it', () => {
    const yaml = parseYaml(block('yaml'))
    if (yaml.type === 'refused') throw new Error('the example is YAML')
    const { sources } = yaml.value as { readonly sources: unknown }
    expect(problems(sources)).toEqual([])
    const found = configuredVenue(sourcesConfigSchema.parse(sources), 'example')
    if (found === null) throw new Error('the example declares a venue')
    expect(parse(found.venue, block('json'), 'BTC/USD')).toEqual([
      ['64000.1', '64000.4', null, '8913.3', null, 1_732_147_200_123],
    ])
  })
})

describe('a leg', () => {
  test.each(['mtgox', 'toString', 'Example', ''])(
    'refuses the venue %j and names those there are',
    (venue) => {
      const legs = [...LEGS, { venue, market: 'BTC/USD' }]
      const [problem, ...more] = problems({ ...example(), ...feed(legs) })
      expect(problem).toMatch(/^feeds\.BTC\/USD\.legs\[3\]: names no venue; there are binance, /)
      expect(problem).toMatch(/, example$/)
      expect(more).toEqual([])
    },
  )

  test('needs the symbol of its market at a declared venue', () => {
    const input = { ...example({ symbols: { 'ETH/USD': 'eth' } }), ...feed() }
    expect(problems(input)).toEqual([
      'feeds.BTC/USD.legs[2]: needs declaredVenues.example.symbols["BTC/USD"]: ' +
        'how the venue spells it',
    ])
  })

  test('is held to the same rules at a declared venue', () => {
    expect(problems({ ...example({ pollMs: 3_001 }), ...feed() })[0]).toContain(
      'legs[2]: is polled every 3001 ms; silenceMsMax must be at least 6002',
    )
    expect(problems({ ...example(), ...feed([...LEGS, LEGS[2]]) })[0]).toContain(
      'legs[3]: repeats example: one venue has one vote',
    )
  })

  test('given more markets than the budget takes at once, then it says so', () => {
    const legs = (base: string) =>
      ['kraken', 'coinbase', 'gemini'].map((venue) => ({ venue, market: `${base}/USD` }))
    const feeds = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [`C${i}/USD`, { legs: legs(`C${i}`) }]),
      )
    expect(problems({ feeds: feeds(5) })).toEqual([])
    expect(problems({ feeds: feeds(6) })).toEqual([
      'venues.gemini: is asked for 6 markets in one poll, which costs 6; ' +
        'its budget takes 5 at once',
    ])
  })
})

const MORE = [{ venue: 'bitstamp', market: 'BTC/USD' }]
