import * as z from 'zod'

/**
 * What a gateway says, as one set of schemas: the OpenAPI document is made of them, the client
 * reads answers with them, and tests hold the routes to them. Prices are decimal texts, because
 * numbers of JSON are floats to most readers; bytes are lower-case hexadecimal.
 */
const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `must be ${bytes} bytes in hexadecimal`)
const round = z.int().min(1)
const timestampMs = z.int().min(0).describe('Unix time in milliseconds')
const members = z.array(z.int().min(0).max(30)).max(31).describe('Members by index, ascending')
const decimal = z.string().regex(/^-?\d{1,30}(\.\d{1,18})?$/, 'must be a plain decimal')
const feedIndex = z.int().min(0).max(1_023)
const feedName = z.string().min(1).max(31)
const decimals = z.int().min(0).max(18)
const status = z.enum(['ok', 'unavailable'])
const wireForm = z.string().regex(/^([0-9a-f]{2}){1,16384}$/)

const certifiedFeedSchema = z.strictObject({
  index: feedIndex,
  name: feedName,
  decimals,
  value: decimal.nullable().describe('Null when the committee could form none'),
  spread: decimal.describe('Median absolute deviation of the observations'),
  observers: z.int().min(0).max(31).describe('Members whose observation held a value'),
  status,
  word: hex(32).describe('What the leaf of the tree hashes, behind the index (protocol §7)'),
  proof: z.array(hex(32)).max(10).describe('Siblings from the leaf to the root'),
})

/** `/v1/certificates/latest` and those of a round: one certificate, read, in its wire form too. */
export const certificateSchema = z.strictObject({
  committeeDigest: hex(32),
  round,
  timestampMs: timestampMs.describe('Median of the observation times, Unix milliseconds'),
  path: z.enum(['fast', 'proposed']),
  observers: members,
  slot: z.int().min(0).max(2),
  signingSet: members,
  expectedNext: members,
  words: z.array(hex(32)).min(1).max(1_024).describe("One a feed, in the committee's order"),
  signature: hex(65).describe('RFC 9591, over the whole report'),
  certificate: wireForm.describe('All that a verifier needs: its wire form (protocol §5.5)'),
  feeds: z.array(certifiedFeedSchema).max(255).describe('The feeds that were asked for'),
  epoch: z
    .int()
    .min(1)
    .max(0xffffffff)
    .describe('Number of the committee on contracts, for which the calldata is made'),
  calldata: z
    .string()
    .regex(/^0x([0-9a-f]{2}){1,98304}$/)
    .nullable()
    .describe('Calldata for PriceFeeds that delivers these feeds; null when none was asked for'),
})

/** `/v1/certificates`: a page, each certificate in its wire form (protocol §5.5). */
export const historySchema = z.strictObject({
  certificates: z.array(
    z.strictObject({
      round,
      timestampMs,
      receivedMs: timestampMs.optional().describe('When a node first had it; gateways do not say'),
      certificate: wireForm,
    }),
  ),
  next: round.nullable().describe('The from of the following page; null at the end'),
})

/** As much of it as a reader needs who believes nothing else. */
export const pageSchema = z.object({
  certificates: z.array(z.object({ certificate: wireForm })).max(128),
  next: round.nullable(),
})

const feedSchema = z.object({
  index: feedIndex,
  name: feedName,
  kind: z.string(),
  decimals,
  certified: z
    .strictObject({
      value: decimal.nullable(),
      spread: decimal,
      observers: z.int().min(0).max(31),
      status,
      round,
      timestampMs,
    })
    .nullable()
    .describe('Null before the first certificate'),
})

/** `/v1/feeds` of gateways and nodes: those of nodes have more fields. */
export const feedsSchema = z.array(feedSchema).min(1).max(1_024)

/** `/healthz`: the event loop answers. */
export const aliveSchema = z.strictObject({ alive: z.literal(true) })
/** `/readyz`: whether it can do its work, and a code for each reason why not. */
export const readySchema = z.strictObject({ ready: z.boolean(), obstacles: z.array(z.string()) })

/** The body of every answer that refuses. */
export const refusalSchema = z.strictObject({
  code: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{1,63}$/)
    .describe('Each has a section in docs/errors.md'),
})

export type CertificateAnswer = z.output<typeof certificateSchema>
export type CertifiedFeed = z.output<typeof certifiedFeedSchema>
export type FeedAnswer = z.output<typeof feedSchema>
