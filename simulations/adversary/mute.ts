import type { Strategy } from '../attacking/adversary.ts'

export const mute: Strategy = {
  name: 'mute',
  summary: 'says nothing at all, so that sets which count on it never complete',
  create: () => ({ name: 'mute', send: () => [], sendDirect: () => false }),
}
