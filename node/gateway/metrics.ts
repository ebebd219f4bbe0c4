import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

export type GatewayMetrics = ReturnType<typeof createGatewayMetrics>

/** What a gateway counts, in a registry of its own; each is explained in docs/gateway.md. */
export function createGatewayMetrics() {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers })
  return {
    registry,
    round: gauge('parallax_gateway_round', 'Round of the newest certificate.'),
    age: gauge('parallax_gateway_certificate_age_seconds', 'Age of the newest certificate.'),
    peers: gauge('parallax_gateway_peers_connected', 'Peers, followed and following.'),
    readers: gauge('parallax_gateway_stream_readers', 'Readers of both streams.'),
    messages: new Counter({
      name: 'parallax_gateway_messages_total',
      help: 'Messages from peers by verdict and reason.',
      labelNames: ['verdict', 'code'],
      registers,
    }),
    reloads: new Counter({
      name: 'parallax_config_reloads_total',
      help: 'Reloads by how they ended.',
      labelNames: ['outcome'],
      registers,
    }),
    configRefused: gauge('parallax_config_refused', '1 after a reload that was refused.'),
    requests: new Counter({
      name: 'parallax_gateway_requests_total',
      help: 'Answers of the API by status.',
      labelNames: ['status'],
      registers,
    }),
    connectionsRefused: new Counter({
      name: 'parallax_gateway_connections_refused_total',
      help: 'Connections that were closed at once, by the limit that they met.',
      labelNames: ['limit'],
      registers,
    }),
    readersCut: new Counter({
      name: 'parallax_gateway_readers_cut_total',
      help: 'Connections that were ended because they took an answer or a stream too slowly.',
      labelNames: ['kind'],
      registers,
    }),
  }
}
