/** What a hostile member floods with, one kind after the other. */
export const FLOOD_KINDS = [
  'invalid',
  'duplicate',
  'distinct',
  'ihave',
  'iwant',
  'idontwant',
  'graft',
  'prune',
  'subscription',
  'empty',
  'oversize',
] as const

export type FloodKind = (typeof FLOOD_KINDS)[number]
