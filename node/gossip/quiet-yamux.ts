import { yamux } from '@chainsafe/libp2p-yamux'
import { OracleError } from '../errors.ts'
import { gatherFrames } from './gathered-frames.ts'

type Factory = ReturnType<ReturnType<typeof yamux>>

/** What this file knows of a stream of the pinned yamux; checked on every stream. */
interface WindowedStream {
  /** Bytes of a full receive window. */
  readonly recvWindow: number
  /** Bytes of it that the other end may still send. */
  readonly recvWindowCapacity: number
  readonly state: number
  sendWindowUpdate: () => void
}

/** `StreamState` of yamux: the others owe their peer a flag, which goes out with an update. */
const ESTABLISHED = 3

/**
 * Yamux that gives window back when half of it is used. As it comes, it answers each frame of data
 * with a frame of its own: half of all frames on a network of small messages, each with its
 * encryption and its system call. The specification leaves the moment to the receiver. Frames of
 * one turn of the event loop leave together.
 */
export function quietYamux(init: Parameters<typeof yamux>[0]): () => Factory {
  const make = yamux(init)
  return () => {
    const factory = make()
    const create = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = create(connection)
      quietStreams(muxer)
      if (!gatherFrames(muxer, connection)) throw unknownMuxer()
      return muxer
    }
    return factory
  }
}

/** @throws {OracleError} `GOSSIP_MUXER_UNKNOWN` */
function quietStreams(muxer: object): void {
  if (!('_newStream' in muxer) || typeof muxer._newStream !== 'function') throw unknownMuxer()
  const newStream = muxer._newStream.bind(muxer)
  muxer._newStream = (...args: readonly unknown[]) => {
    const stream: unknown = newStream(...args)
    if (!isWindowed(stream)) throw unknownMuxer()
    const update = stream.sendWindowUpdate.bind(stream)
    stream.sendWindowUpdate = () => {
      const isHalfLeft = stream.recvWindowCapacity > stream.recvWindow / 2
      if (stream.state !== ESTABLISHED || !isHalfLeft) update()
    }
    return stream
  }
}

function isWindowed(stream: unknown): stream is WindowedStream {
  const known = stream as Partial<WindowedStream> | null
  return (
    typeof known?.recvWindow === 'number' &&
    typeof known.recvWindowCapacity === 'number' &&
    typeof known.state === 'number' &&
    typeof known.sendWindowUpdate === 'function'
  )
}

function unknownMuxer(): OracleError {
  return new OracleError(
    'GOSSIP_MUXER_UNKNOWN',
    'the installed yamux is not the one this node was built with; install the locked packages',
  )
}
