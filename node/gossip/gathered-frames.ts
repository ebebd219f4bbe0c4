/** Bytes of a connection or a frame: one array, or a list that gives itself as one. */
interface Bytes {
  readonly byteLength: number
  readonly subarray: () => Uint8Array
}

/** What this file knows of a multiplexer of the pinned library; checked on every one. */
interface SendingMuxer {
  /** Hands bytes to the connection; false when it wants no more for now. */
  send: (frame: Bytes) => boolean
}

interface AbortableConnection {
  readonly abort: (error: Error) => void
}

/** So much is handed on at once: beyond, gathering saves nothing and back-pressure must be told. */
const GATHERED_BYTES_MAX = 16_384
/** The frame that says goodbye; the connection may be closed right after it. */
const GO_AWAY = 3

/**
 * Lets a multiplexer hand all frames of one turn of the event loop to the connection together: one
 * encryption and one system call for all of them, in their order. What is still here when the
 * connection closes goes with it, as if it had been on its way.
 *
 * @returns false when the multiplexer is not one that this function knows
 */
export function gatherFrames(muxer: object, connection: AbortableConnection): boolean {
  if (!isSending(muxer)) return false
  const send = muxer.send.bind(muxer)
  let frames: Bytes[] = []
  let gatheredBytes = 0
  const flush = (): boolean => {
    if (frames.length === 0) return true
    const together = joined(frames)
    frames = []
    gatheredBytes = 0
    return send(together)
  }
  const flushAtEndOfTurn = () => {
    try {
      flush()
    } catch (error) {
      // Nobody waits for the outcome; of a connection that is closed already nothing more comes.
      connection.abort(error instanceof Error ? error : new Error('frames could not be sent'))
    }
  }
  muxer.send = (frame) => {
    if (frames.length === 0) process.nextTick(flushAtEndOfTurn)
    frames.push(frame)
    gatheredBytes += frame.byteLength
    if (gatheredBytes >= GATHERED_BYTES_MAX || typeOf(frame) === GO_AWAY) return flush()
    return true
  }
  return true
}

function isSending(muxer: object): muxer is SendingMuxer {
  return 'send' in muxer && typeof muxer.send === 'function'
}

function joined(frames: readonly Bytes[]): Uint8Array {
  const [first, second] = frames
  if (first !== undefined && second === undefined) return first.subarray()
  return Buffer.concat(frames.map((frame) => frame.subarray()))
}

/** The second byte of a frame; frames of data come as lists and are not looked into. */
function typeOf(frame: Bytes): number | undefined {
  return frame instanceof Uint8Array ? frame[1] : undefined
}
