import { z } from 'zod'
import { HISTORY_MAX } from './history.ts'
import {
  aliveSchema,
  certificateSchema,
  feedsSchema,
  historySchema,
  readySchema,
  refusalSchema,
} from './schema.ts'

const FEEDS_PARAMETER = {
  name: 'feeds',
  in: 'query',
  required: false,
  description: 'Names or indices of up to 255 feeds, comma-separated; without it, none.',
  schema: { type: 'string', maxLength: 8_192 },
}
const ROUND_PARAMETER = {
  name: 'round',
  in: 'path',
  required: true,
  schema: { type: 'integer', minimum: 1 },
}

const roundParameter = (name: 'from' | 'to', required: boolean, description: string) => ({
  ...{ name, in: 'query', required, description },
  schema: { type: 'integer', minimum: 0 },
})
const HISTORY_PARAMETERS = [
  roundParameter('from', true, 'First round'),
  roundParameter('to', false, 'Last round'),
  {
    ...{ name: 'limit', in: 'query', required: false, description: 'Certificates of one answer' },
    schema: { type: 'integer', minimum: 1, maximum: HISTORY_MAX, default: HISTORY_MAX },
  },
]

/** What one kind of server has besides, such as the routes of a node. */
export interface OwnRoutes {
  readonly paths: Readonly<Record<string, unknown>>
  readonly schemas: Readonly<Record<string, z.ZodType>>
}

/** OpenAPI 3.1 of the routes that nodes and gateways share, and of those that one has alone. */
export function openApiDocument(own: OwnRoutes) {
  const named = {
    Certificate: certificateSchema,
    Feeds: feedsSchema,
    History: historySchema,
    Alive: aliveSchema,
    Ready: readySchema,
    Refusal: refusalSchema,
    ...own.schemas,
  }
  const schemas = Object.fromEntries(
    Object.entries(named).map(([name, schema]) => [name, z.toJSONSchema(schema)]),
  )
  return {
    openapi: '3.1.0',
    info: {
      title: 'Parallax certificates',
      version: '1',
      description:
        'Certificates of an oracle committee. Nothing here needs to be trusted: verify the group ' +
        "signature, or let the contract do so. Answers of a member's node hold more in /v1/feeds.",
    },
    paths: {
      '/v1/feeds': {
        get: operation('Every feed with its newest certified value', {
          200: json('Feeds', "In the committee's order"),
        }),
      },
      '/v1/certificates/latest': {
        get: operation(
          'The newest certificate, with proofs and calldata for the feeds asked for',
          { 200: json('Certificate', 'The newest'), ...REFUSALS },
          [FEEDS_PARAMETER],
        ),
      },
      '/v1/certificates/{round}': {
        get: operation(
          'The certificate of a round, while it is kept',
          { 200: json('Certificate', 'Of that round'), ...REFUSALS },
          [ROUND_PARAMETER, FEEDS_PARAMETER],
        ),
      },
      '/v1/certificates': { get: HISTORY },
      '/v1/stream': {
        get: operation(
          'Each newest certificate as a server-sent event `certificate`',
          { 200: EVENTS, 400: REFUSALS[400], 503: json('Refusal', 'Too many readers') },
          [FEEDS_PARAMETER],
        ),
      },
      '/v1/ws': {
        get: operation(
          'Each newest certificate as a WebSocket text message; readers send nothing',
          { 101: { description: 'The WebSocket is open' }, 400: REFUSALS[400] },
          [FEEDS_PARAMETER],
        ),
      },
      '/v1/openapi.json': {
        get: operation('This document', { 200: { description: 'OpenAPI 3.1' } }),
      },
      '/healthz': { get: operation('Whether it lives', { 200: json('Alive', 'It does') }) },
      '/readyz': {
        get: operation('Whether it can do its work', {
          200: json('Ready', 'It can'),
          503: json('Ready', 'It cannot; one code for each reason'),
        }),
      },
      '/metrics': { get: operation('For Prometheus', { 200: PLAIN }) },
      ...own.paths,
    },
    components: { schemas },
  }
}

/** A gateway has nothing of its own. */
export const GATEWAY_ROUTES: OwnRoutes = { paths: {}, schemas: {} }

/**
 * One GET of the document: what it answers by status, and 429 besides, for every route is limited.
 *
 * @param responses by status, of `json` or in the form of OpenAPI
 * @param parameters in the form of OpenAPI; none by default
 */
export function operation(
  summary: string,
  responses: Readonly<Record<number, unknown>>,
  parameters: readonly unknown[] = [],
) {
  const limited = { 429: json('Refusal', 'More requests a minute than allowed') }
  return { summary, parameters, responses: { ...responses, ...limited } }
}

/** An answer in JSON, by the name of its schema. */
export function json(schema: string, description: string) {
  const reference = { $ref: `#/components/schemas/${schema}` }
  return { description, content: { 'application/json': { schema: reference } } }
}

const REFUSALS = {
  400: json('Refusal', 'The request is malformed, or names an unknown feed'),
  404: json('Refusal', 'There is no such certificate here'),
}
const HISTORY = operation(
  'Certificates of past rounds that are kept here, ascending, the first of each round',
  {
    200: json('History', 'One page; next is the from of the following one'),
    400: json('Refusal', 'The request is malformed'),
    404: json('Refusal', 'No past is kept here'),
    503: json('Refusal', 'As many reads as may be wait already; ask again in a second'),
  },
  HISTORY_PARAMETERS,
)
const PLAIN = {
  description: 'The text format of Prometheus',
  content: { 'text/plain': { schema: { type: 'string' } } },
}
const EVENTS = {
  description: 'An endless stream; `data` of each event is a Certificate, its id the round',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
}
