import { evidenceFileSchema } from '../evidence/evidence-file.ts'
import { json, type OwnRoutes, operation } from '../gateway/openapi.ts'
import { HISTORY_MAX } from './history.ts'
import {
  chainsSchema,
  historySchema,
  nodeFeedsSchema,
  overviewSchema,
  peersSchema,
  rotationSchema,
  roundsSchema,
  sourcesSchema,
  statusSchema,
  venuesSchema,
} from './schema.ts'

const round = (name: 'from' | 'to', required: boolean, description: string) => ({
  ...{ name, in: 'query', required, description },
  schema: { type: 'integer', minimum: 0 },
})
const LIMIT = {
  ...{ name: 'limit', in: 'query', required: false, description: 'Certificates of one answer' },
  schema: { type: 'integer', minimum: 1, maximum: HISTORY_MAX, default: HISTORY_MAX },
}

/** What a node answers besides what gateways do. */
export const NODE_ROUTES: OwnRoutes = {
  schemas: {
    Status: statusSchema,
    NodeFeeds: nodeFeedsSchema,
    Peers: peersSchema,
    Sources: sourcesSchema,
    Venues: venuesSchema,
    Rounds: roundsSchema,
    Chains: chainsSchema,
    Evidence: evidenceFileSchema,
    Rotation: rotationSchema,
    Overview: overviewSchema,
    History: historySchema,
  },
  paths: {
    '/v1/status': shown('Status', 'The node: what runs, its round, its signer, its latency'),
    '/v1/feeds': shown('NodeFeeds', 'Every feed: own value, certified one, what contracts hold'),
    '/v1/peers': shown('Peers', 'Every member as this node sees and measures it'),
    '/v1/sources': shown('Sources', 'Every venue in every feed, and why it is not used'),
    '/v1/venues': shown('Venues', 'How each venue that is asked does'),
    '/v1/rounds': shown('Rounds', 'The newest rounds, at most 120'),
    '/v1/chains': shown('Chains', 'Every target: endpoints, wallet, deliveries, settlements'),
    '/v1/evidence': shown('Evidence', 'All that convicts members here, for evidence verify'),
    '/v1/rotation': shown('Rotation', "How the committee's term begins and ends"),
    '/v1/overview': shown('Overview', 'Everything that the page shows, in one answer'),
    '/v1/certificates': {
      get: operation(
        'Certificates of past rounds from the journal, ascending, the first of each round',
        {
          200: json('History', 'One page; next is the from of the following one'),
          400: json('Refusal', 'The request is malformed'),
          404: json('Refusal', 'No journal is kept here'),
          503: json('Refusal', 'As many reads as may be wait already; ask again in a second'),
        },
        [round('from', true, 'First round'), round('to', false, 'Last round'), LIMIT],
      ),
    },
  },
}

function shown(schema: string, summary: string) {
  return { get: operation(summary, { 200: json(schema, summary) }) }
}
