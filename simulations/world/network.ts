import type { MemberIndex, Members } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Prng } from '../determinism/prng.ts'
import { type DrawDelay, delaysOf, type LatencyModel } from './latency.ts'

/** A stretch of time in which some links carry nothing. */
export interface Cut {
  readonly fromUs: number
  readonly toUs: number
  /** Messages from one of these … */
  readonly senders: Members
  /** … to one of these are lost. */
  readonly receivers: Members
  /** Also the other way round. */
  readonly isSymmetric: boolean
  /** Up and down in turn for this long each, beginning with down; 0 for down all the time. */
  readonly flapUs: number
}

export interface NetworkOptions {
  readonly latency: LatencyModel
  /** Copies that are lost, in parts per million. */
  readonly lossPpm: number
  /** Copies that arrive twice, in parts per million. */
  readonly duplicationPpm: number
  /** What a member sends leaves one after another at this rate; 0 for at once. */
  readonly uplinkBitsPerSecond: number
  readonly cuts: readonly Cut[]
}

export interface Parcel {
  readonly from: MemberIndex
  /** One parcel goes from receiver to receiver: it is read before `send` returns. */
  to: MemberIndex
  readonly bytes: number
  readonly nowUs: number
}

/** What members handed to links so far. */
export interface Sent {
  readonly messages: number
  readonly bytes: number
}

/** The links between members: when what is sent now arrives, if it does. */
export interface Network {
  /** World time at which a copy that is sent now arrives; null when it is lost. */
  readonly send: (parcel: Parcel) => number | null
  /** Whether no cut parts the two members now. */
  readonly isUp: (parcel: Parcel) => boolean
  /**
   * World time at which a copy that was just sent, and not lost, arrives once more; null when it
   * does not.
   */
  readonly double: (parcel: Parcel) => number | null
  /** Also what was lost on its way or met a cut. */
  readonly sent: () => Sent
}

export function createNetwork(options: NetworkOptions, prng: Prng): Network {
  const draw: DrawDelay = delaysOf(options.latency)
  const { lossPpm, duplicationPpm, cuts, uplinkBitsPerSecond } = options
  const freeUs: number[] = []
  const sent = { messages: 0, bytes: 0 }

  const queue = ({ from, bytes, nowUs }: Parcel): void => {
    if (uplinkBitsPerSecond === 0) return
    const startUs = Math.max(nowUs, freeUs[from] ?? 0)
    freeUs[from] = startUs + Math.ceil((bytes * 8_000_000) / uplinkBitsPerSecond)
  }
  const arrivalUs = (parcel: Parcel): number => {
    const leftUs = uplinkBitsPerSecond === 0 ? parcel.nowUs : (freeUs[parcel.from] as number)
    return leftUs + draw(parcel, prng)
  }
  const isUp = (parcel: Parcel) => cuts.length === 0 || !cuts.some((cut) => isCut(cut, parcel))
  return {
    isUp,
    send: (parcel) => {
      sent.messages += 1
      sent.bytes += parcel.bytes
      if (!isUp(parcel)) return null
      queue(parcel)
      return prng.chance(lossPpm) ? null : arrivalUs(parcel)
    },
    double: (parcel) => (prng.chance(duplicationPpm) ? arrivalUs(parcel) : null),
    sent: () => ({ ...sent }),
  }
}

function isCut(cut: Cut, { from, to, nowUs }: Parcel): boolean {
  if (nowUs < cut.fromUs || nowUs >= cut.toUs) return false
  const phase = cut.flapUs === 0 ? 0 : Math.floor((nowUs - cut.fromUs) / cut.flapUs)
  if (phase % 2 === 1) return false
  if (hasMember(cut.senders, from) && hasMember(cut.receivers, to)) return true
  return cut.isSymmetric && hasMember(cut.senders, to) && hasMember(cut.receivers, from)
}
