import { evidenceFileSchema } from '../evidence/evidence-file.ts'
import { json, type OwnRoutes, operation } from '../gateway/openapi.ts'
import {
  chainsSchema,
  nodeFeedsSchema,
  overviewSchema,
  peersSchema,
  rotationSchema,
  roundsSchema,
  sourcesSchema,
  statusSchema,
  venuesSchema,
} from './schema.ts'

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
  },
}

function shown(schema: string, summary: string) {
  return { get: operation(summary, { 200: json(schema, summary) }) }
}
