import type { FloodKind } from '../attack/kinds.ts'
import type { LinkFault } from './link.ts'

/** What is done to a member for the time of the fault; all of it is undone afterwards. */
export type MemberFault =
  | { readonly type: 'stopped' }
  | { readonly type: 'killed' }
  | { readonly type: 'clock'; readonly byMs: number }
  | { readonly type: 'diskFull' }
  | { readonly type: 'diskReadOnly' }
  | { readonly type: 'loss'; readonly percent: number }

/** A Byzantine member: never runs, or floods the others with its own key. */
export type Hostility = 'silent' | FloodKind

export interface Scenario {
  readonly name: string
  readonly members?: Readonly<Record<number, MemberFault>>
  readonly link?: (from: number, to: number) => LinkFault | undefined
  /** By member; these are not among the honest of any check. At most f with the faulty ones. */
  readonly byzantine?: Readonly<Record<number, Hostility>>
  /** Whether rounds must go on in the middle of the fault: no more than f members are affected. */
  readonly isLive: boolean
}

const HOUR_MS = 3_600_000
const only = (member: number, fault: LinkFault) => (from: number, to: number) =>
  from === member || to === member ? fault : undefined
const between = (side: readonly number[], fault: LinkFault) => (from: number, to: number) =>
  side.includes(from) !== side.includes(to) ? fault : undefined

/** n = 7, f = 2. Members 5 and 6 are the Byzantine ones where there are any. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'a member stands still', members: { 0: { type: 'stopped' } }, isLive: true },
  {
    name: 'two members stand still',
    members: { 0: { type: 'stopped' }, 3: { type: 'stopped' } },
    isLive: true,
  },
  {
    name: 'a majority stands still',
    members: {
      0: { type: 'stopped' },
      1: { type: 'stopped' },
      2: { type: 'stopped' },
      3: { type: 'stopped' },
    },
    isLive: false,
  },
  {
    name: 'one stands still, one equivocates',
    members: { 0: { type: 'stopped' } },
    byzantine: { 6: 'distinct' },
    isLive: true,
  },
  {
    name: 'two members are killed',
    members: { 1: { type: 'killed' }, 4: { type: 'killed' } },
    isLive: true,
  },
  {
    name: 'one is killed, one floods',
    members: { 1: { type: 'killed' } },
    byzantine: { 6: 'invalid' },
    isLive: true,
  },
  {
    name: 'two members equivocate',
    byzantine: { 5: 'distinct', 6: 'distinct' },
    isLive: true,
  },
  { name: 'two members are silent', byzantine: { 5: 'silent', 6: 'silent' }, isLive: true },
  {
    name: 'a clock an hour ahead',
    members: { 2: { type: 'clock', byMs: HOUR_MS } },
    isLive: true,
  },
  {
    name: 'a clock an hour behind',
    members: { 2: { type: 'clock', byMs: -HOUR_MS } },
    isLive: true,
  },
  {
    name: 'one clock ahead, one behind',
    members: { 2: { type: 'clock', byMs: HOUR_MS }, 3: { type: 'clock', byMs: -HOUR_MS } },
    isLive: true,
  },
  {
    name: 'a clock ahead, one equivocates',
    members: { 2: { type: 'clock', byMs: HOUR_MS } },
    byzantine: { 6: 'distinct' },
    isLive: true,
  },
  { name: 'a full disk', members: { 0: { type: 'diskFull' } }, isLive: true },
  {
    name: 'two full disks',
    members: { 0: { type: 'diskFull' }, 4: { type: 'diskFull' } },
    isLive: true,
  },
  {
    name: 'a full disk, one floods',
    members: { 0: { type: 'diskFull' } },
    byzantine: { 6: 'oversize' },
    isLive: true,
  },
  {
    name: 'a disk turns read-only',
    members: { 0: { type: 'diskReadOnly' } },
    isLive: true,
  },
  {
    name: 'two disks turn read-only',
    members: { 0: { type: 'diskReadOnly' }, 4: { type: 'diskReadOnly' } },
    isLive: true,
  },
  { name: '30 % loss at one member', members: { 1: { type: 'loss', percent: 30 } }, isLive: true },
  {
    name: '30 % loss at everybody',
    members: Object.fromEntries(
      [0, 1, 2, 3, 4, 5, 6].map((member) => [member, { type: 'loss', percent: 30 }]),
    ),
    isLive: false,
  },
  {
    name: '10 % loss at two, one equivocates',
    members: { 1: { type: 'loss', percent: 10 } },
    byzantine: { 6: 'distinct' },
    isLive: true,
  },
  { name: '3 s delay to and from one', link: only(1, { delayMs: 3_000 }), isLive: true },
  { name: '3 s delay between halves', link: between([0, 1, 2], { delayMs: 3_000 }), isLive: false },
  {
    name: 'jitter of 200 ms at everybody',
    link: () => ({ jitterMs: 200 }),
    isLive: false,
  },
  { name: 'corruption at one member', link: only(2, { corruptPpm: 20_000 }), isLive: true },
  {
    name: 'corruption at everybody, one silent',
    link: () => ({ corruptPpm: 2_000 }),
    byzantine: { 6: 'silent' },
    isLive: false,
  },
  {
    name: 'one hears nobody but is heard',
    link: (_from, to) => (to === 3 ? { isCut: true } : undefined),
    isLive: true,
  },
  {
    name: 'halves hear each other one way only',
    link: (from, to) => (from < 3 && to >= 3 ? { isCut: true } : undefined),
    isLive: false,
  },
  {
    name: 'cut into three and four, one equivocates',
    link: between([0, 1, 2], { isCut: true }),
    byzantine: { 6: 'distinct' },
    isLive: false,
  },
]
