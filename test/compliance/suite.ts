import { describe, expect, test } from 'vitest'
import type { Effect } from '../../aggregator/effects.ts'
import type { Event } from '../../aggregator/events.ts'
import type { GossipMessage, Verified } from '../../aggregator/messages/messages.ts'
import type { Promised } from '../../aggregator/promises/promise.ts'
import { equalBytes } from '../../aggregator/values/bytes.ts'

/** One entry of what happened between a host, its machine, its disk and the world, in order. */
export type Seen =
  /** Before the machine gets it. */
  | { readonly type: 'event'; readonly event: Event }
  /** When the machine hands it over, before it is performed. */
  | { readonly type: 'effect'; readonly effect: Effect }
  /** The promise would survive the end of the process from here on. */
  | { readonly type: 'durable'; readonly promise: Promised }
  /** Another member may see the message from here on. */
  | { readonly type: 'visible'; readonly message: Verified<GossipMessage> }

/** What the member under test lives through, in a committee of four that is honest otherwise. */
export type Situation =
  /** All run: several certified rounds. */
  | 'steady'
  /** No other member ever runs: every deadline of several rounds. */
  | 'alone'
  /** Its signer refuses every share. */
  | 'refused'
  /** After certified rounds the process ends and another one starts with the same disk. */
  | 'restarted'
  /** After certified rounds its clock goes a day ahead; those of the others do not. */
  | 'astray'
  /** In a round of its own it receives a message under its key that it did not send. */
  | 'twin'

/** A host of the machine as this suite sees it. */
export interface HostUnderTest {
  readonly name: string
  /** How late the host may answer `sample` and fire an alarm, in milliseconds. */
  readonly latenessMsMax: number
  /**
   * Plays a situation from the start of the process for at least four rounds beyond its silence,
   * and lets what was asked for last be answered. The member under test is one that signs in them,
   * such as the first that is listed.
   */
  readonly live: (situation: Situation) => Promise<readonly Seen[]>
}

type EventOf<T extends Event['type']> = Extract<Event, { type: T }>
type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>

const eventsOf = <T extends Event['type']>(seen: readonly Seen[], type: T) =>
  seen.flatMap((each) =>
    each.type === 'event' && each.event.type === type ? [each.event as EventOf<T>] : [],
  )

const effectsOf = <T extends Effect['type']>(seen: readonly Seen[], type: T) =>
  seen.flatMap((each) =>
    each.type === 'effect' && each.effect.type === type ? [each.effect as EffectOf<T>] : [],
  )

/** Entries of the process that ran last, and of those before it. */
function lives(seen: readonly Seen[]): readonly (readonly Seen[])[] {
  const starts = seen.flatMap((each, at) =>
    each.type === 'event' && each.event.type === 'started' ? [at] : [],
  )
  return starts.map((at, index) => seen.slice(at, starts[index + 1]))
}

/** The obligations of effects.ts, judged by what one member's host was seen to do. */
export function complies(host: HostUnderTest): void {
  describe(`${host.name} as a host of the machine`, () => {
    const played = new Map<Situation, Promise<readonly Seen[]>>()
    const live = (situation: Situation): Promise<readonly Seen[]> => {
      const known = played.get(situation) ?? host.live(situation)
      played.set(situation, known)
      return known
    }
    startObligations(live)
    promiseObligations(live)
    answerObligations(live, host)
    alarmObligations(live, host)
    doubtObligations(live)
    haltObligations(live)
  })
}

type Live = (situation: Situation) => Promise<readonly Seen[]>

function startObligations(live: Live): void {
  test('the first event of a process is its start, and there is one', async () => {
    for (const situation of ['steady', 'restarted'] as const) {
      const seen = await live(situation)
      expect(seen[0]).toMatchObject({ type: 'event', event: { type: 'started' } })
      expect(lives(seen)).toHaveLength(situation === 'steady' ? 1 : 2)
    }
  })

  test('a start tells what the disk holds: the highest promise and the best certificate (§10.3)', async () => {
    const [before, after] = lives(await live('restarted'))
    if (before === undefined || after === undefined) expect.fail('two processes were to live')
    const [started] = eventsOf(after, 'started')
    const promised = effectsOf(before, 'persist').map(({ promise }) => promise.round)
    expect(promised.length).toBeGreaterThan(0)
    expect(started?.watermark).toBeGreaterThanOrEqual(Math.max(...promised))
    const kept = effectsOf(before, 'keepCertificate').at(-1)?.certificate
    expect(kept).toBeDefined()
    expect(started?.certificate?.bytes).toEqual(kept?.bytes)
  })

  test('the clock of its events never goes backwards', async () => {
    for (const life of lives(await live('steady'))) {
      let latestMs = Number.NEGATIVE_INFINITY
      for (const each of life) {
        if (each.type !== 'event') continue
        expect(each.event.nowMs).toBeGreaterThanOrEqual(latestMs)
        latestMs = each.event.nowMs
      }
    }
  })
}

function promiseObligations(live: Live): void {
  test.each(['steady', 'alone', 'restarted'] as const)(
    'a promise is durable before anything after it is seen by others (§10.1): %s',
    async (situation) => {
      const open: Promised[] = []
      // What a broadcast must wait for: the promises before it that were not durable yet.
      const awaited: { readonly digest: Uint8Array; readonly promises: readonly Promised[] }[] = []
      let revealed = 0
      for (const each of await live(situation)) {
        if (each.type === 'effect' && each.effect.type === 'persist') open.push(each.effect.promise)
        if (each.type === 'durable') {
          open.splice(0, open.findIndex((promise) => isSame(promise, each.promise)) + 1)
        }
        if (each.type === 'effect' && each.effect.type === 'broadcast') {
          awaited.push({ digest: each.effect.message.digest, promises: [...open] })
        }
        if (each.type !== 'visible' || !('sender' in each.message.message)) continue
        revealed += 1
        const asked = awaited.find(({ digest }) => equalBytes(digest, each.message.digest))
        const early = asked?.promises.filter((promise) => open.includes(promise))
        expect(early, 'promises not durable yet').toEqual([])
      }
      expect(revealed).toBeGreaterThan(0)
    },
  )

  test('broadcasts are seen in the order of their effects, each once', async () => {
    const seen = await live('steady')
    const asked = effectsOf(seen, 'broadcast').map(({ message }) => message.digest)
    const own = seen.flatMap((each) =>
      each.type === 'visible' && 'sender' in each.message.message ? [each.message.digest] : [],
    )
    expect(asked.length).toBeGreaterThan(3)
    expect(own).toEqual(asked)
  })

  test('its own broadcasts come back as received from itself, in order, each once', async () => {
    const seen = await live('steady')
    const asked = effectsOf(seen, 'broadcast').map(({ message }) => message.digest)
    const back = eventsOf(seen, 'received').filter((event) => event.origin === 'self')
    expect(back.map((event) => event.message.digest)).toEqual(asked)
  })
}

const isSame = (a: Promised, b: Promised) =>
  a.round === b.round && a.kind === b.kind && equalBytes(a.digest, b.digest)

function answerObligations(live: Live, host: HostUnderTest): void {
  test('every sample is answered at once and for its round', async () => {
    const seen = await live('steady')
    let askedMs: number | null = null
    let nowMs = 0
    const answered: number[] = []
    for (const each of seen) {
      if (each.type === 'event') nowMs = each.event.nowMs
      if (each.type === 'effect' && each.effect.type === 'sample') askedMs = nowMs
      if (each.type !== 'event' || each.event.type !== 'sampled') continue
      if (askedMs === null) expect.fail('a sample that nobody asked for')
      expect(each.event.nowMs - askedMs).toBeLessThanOrEqual(host.latenessMsMax)
      expect(each.event.commitments).toHaveLength(3)
      answered.push(each.event.round)
      askedMs = null
    }
    expect(answered).toEqual(effectsOf(seen, 'sample').map(({ round }) => round))
    expect(answered.length).toBeGreaterThan(2)
  })

  test('every request for a share is answered; a refusal is an answer too', async () => {
    for (const situation of ['steady', 'refused'] as const) {
      const seen = await live(situation)
      // Once each, in any order: signers may refuse at once what comes after a share under way.
      const asked = effectsOf(seen, 'signShare').map(({ round, slot }) => `${round}/${slot}`)
      const answers = eventsOf(seen, 'shareSigned')
      expect(asked.length).toBeGreaterThan(0)
      expect(answers.map(({ round, slot }) => `${round}/${slot}`).sort()).toEqual(asked.sort())
      // A host that stood still asks too late, and is refused as well.
      const signed = answers.filter(({ share }) => share !== null)
      expect(signed.length > 0).toBe(situation === 'steady')
    }
  })

  test('every combination is answered for its attempt: a signature, or culprits', async () => {
    const seen = await live('steady')
    const asked = effectsOf(seen, 'combine').map(({ round, attempt }) => `${round}/${attempt}`)
    const answers = eventsOf(seen, 'combined')
    expect(answers.map(({ round, attempt }) => `${round}/${attempt}`).sort()).toEqual(asked.sort())
    for (const answer of answers) expect(answer.signature === null).toBe(answer.culprits !== 0)
  })

  test('rounds are certified', async () => {
    expect(effectsOf(await live('steady'), 'certified').length).toBeGreaterThan(2)
  })
}

function alarmObligations(live: Live, host: HostUnderTest): void {
  test.each(['steady', 'alone', 'restarted'] as const)(
    'one alarm at most, the latest asked for, and never early: %s',
    async (situation) => {
      let alarmMs: number | null = null
      let fired = 0
      for (const each of await live(situation)) {
        if (each.type === 'event' && each.event.type === 'started') alarmMs = null
        if (each.type === 'effect' && each.effect.type === 'setAlarm') alarmMs = each.effect.atMs
        if (each.type !== 'event' || each.event.type !== 'alarmFired') continue
        if (alarmMs === null) expect.fail('an alarm that was replaced, or fired twice')
        expect(each.event.nowMs).toBeGreaterThanOrEqual(alarmMs)
        expect(each.event.nowMs - alarmMs).toBeLessThanOrEqual(host.latenessMsMax)
        alarmMs = null
        fired += 1
      }
      expect(fired).toBeGreaterThan(3)
    },
  )
}

function doubtObligations(live: Live): void {
  test('a request that a member answered is told of (§4.6)', async () => {
    const seen = await live('restarted')
    const asked = effectsOf(seen, 'send')
      .filter(({ message }) => message.type === 'syncRequest')
      .map(({ to }) => to)
    const answered = eventsOf(seen, 'answered').map(({ from }) => from)
    expect(new Set(answered).size).toBeGreaterThan(1)
    expect(asked).toEqual(expect.arrayContaining(answered))
  })

  test('in doubt of its clock it is told who speaks in rounds long past, and reveals nothing', async () => {
    const seen = await live('astray')
    const at = seen.findIndex(
      (each) =>
        each.type === 'effect' &&
        each.effect.type === 'note' &&
        each.effect.code === 'CLOCK_DOUBTED',
    )
    expect(at).toBeGreaterThan(0)
    const after = seen.slice(at)
    const heard = eventsOf(after, 'memberBehind').map(({ member }) => member)
    expect(new Set(heard).size).toBeGreaterThan(1)
    expect(eventsOf(seen.slice(0, at), 'memberBehind')).toEqual([])
    expect(effectsOf(after, 'persist')).toEqual([])
    expect(
      after.filter((each) => each.type === 'visible' && 'sender' in each.message.message),
    ).toEqual([])
  })
}

function haltObligations(live: Live): void {
  test('after halt nothing is reported, performed or revealed any more (§9.3)', async () => {
    const seen = await live('twin')
    const at = seen.findIndex((each) => each.type === 'effect' && each.effect.type === 'halt')
    expect(at).toBeGreaterThan(0)
    const after = seen.slice(at + 1)
    expect(after.filter((each) => each.type === 'event' || each.type === 'visible')).toEqual([])
  })
}
