import { roundsServed } from '../../aggregator/delivery/settlement.ts'
import type { Metrics } from '../api/metrics.ts'
import type { CommitteeFile } from '../config/committee-file.ts'
import type { NodeConfig } from '../config/schema.ts'
import { PublicPort } from '../gateway/public-port.ts'
import { Shelf } from '../gateway/shelf.ts'
import type { Startable } from '../lifecycle.ts'
import type { Log } from '../logging.ts'
import type { Observer } from '../ports.ts'

/** Where certificates leave the node: what its API serves, and the public port if it has one. */
export interface Certified {
  readonly shelf: Shelf
  readonly observer: Observer
  /** The public port, when the configuration names one. */
  readonly parts: readonly Startable[]
}

export function makeCertified(
  { network, committee }: Pick<NodeConfig, 'network'> & { readonly committee: CommitteeFile },
  use: { readonly log: Log; readonly metrics: Metrics; readonly version: string },
): Certified {
  const { log, metrics, version } = use
  // The round of an expiry is asked for until its window closes.
  const shelf = new Shelf({ certificatesMax: roundsServed(committee) })
  const port =
    network.public === undefined
      ? null
      : new PublicPort(
          { committee, version, ...network.public },
          { log, onPeers: (connected) => metrics.publicPeers.set(connected) },
        )
  return {
    shelf,
    observer: {
      onEffect: (effect) => {
        if (effect.type !== 'certified') return
        shelf.add(effect.certificate)
        port?.publish(effect.certificate.bytes)
      },
    },
    parts: port === null ? [] : [port],
  }
}
