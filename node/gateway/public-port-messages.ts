import type { CommitteeFile } from '../config/committee-file.ts'

/** What the thread of a public port is started with. */
export interface PortData {
  readonly committee: CommitteeFile
  readonly version: string
  readonly listen: readonly string[]
  readonly peersMax: number
}

export type ToWorker =
  | { readonly type: 'publish'; readonly bytes: Uint8Array }
  | { readonly type: 'stop' }

export type FromWorker =
  | { readonly type: 'listening'; readonly addresses: readonly string[] }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  /** The last certificate is out; the next may come. */
  | { readonly type: 'published' }
  | { readonly type: 'peers'; readonly peers: number }
