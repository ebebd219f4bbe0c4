import type { Check } from './check.ts'
import { chains } from './checks/chains.ts'
import { clock } from './checks/clock.ts'
import { committee } from './checks/committee.ts'
import { dataDirectory } from './checks/data-directory.ts'
import { feeds } from './checks/feeds.ts'
import { kept } from './checks/kept.ts'
import { keys } from './checks/keys.ts'
import { openFiles } from './checks/open-files.ts'
import { peers } from './checks/peers.ts'
import { ports } from './checks/ports.ts'
import { remoteSigner } from './checks/remote-signer.ts'
import { runningNode } from './checks/running-node.ts'
import { streams } from './checks/streams.ts'
import { token } from './checks/token.ts'
import { venues } from './checks/venues.ts'

/**
 * Every check in the order in which it is shown. Those of one stage run at once; a stage knows what
 * the ones before it found out.
 */
export const STAGES: readonly (readonly Check[])[] = [
  [dataDirectory, kept, openFiles],
  [runningNode],
  [keys, remoteSigner, token],
  [committee, ports, peers, venues, streams, chains],
  [feeds, clock],
]
