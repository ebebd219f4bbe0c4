import { z } from 'zod'
import { certificateSchema, feedsSchema, refusalSchema } from './schema.ts'

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

/** OpenAPI 3.1 of the routes that nodes and gateways share. */
export function openApiDocument() {
  const schemas = {
    Certificate: z.toJSONSchema(certificateSchema),
    Feeds: z.toJSONSchema(feedsSchema),
    Refusal: z.toJSONSchema(refusalSchema),
  }
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
    },
    components: { schemas },
  }
}

/** The document as it is served. */
export function openApiText(): string {
  return JSON.stringify(openApiDocument())
}

function operation(
  summary: string,
  responses: Readonly<Record<number, unknown>>,
  parameters: readonly unknown[] = [],
) {
  const limited = { 429: json('Refusal', 'More requests a minute than allowed') }
  return { summary, parameters, responses: { ...responses, ...limited } }
}

function json(schema: 'Certificate' | 'Feeds' | 'Refusal', description: string) {
  const reference = { $ref: `#/components/schemas/${schema}` }
  return { description, content: { 'application/json': { schema: reference } } }
}

const REFUSALS = {
  400: json('Refusal', 'The request is malformed, or names an unknown feed'),
  404: json('Refusal', 'There is no such certificate here'),
}
const EVENTS = {
  description: 'An endless stream; `data` of each event is a Certificate, its id the round',
  content: { 'text/event-stream': { schema: { type: 'string' } } },
}
