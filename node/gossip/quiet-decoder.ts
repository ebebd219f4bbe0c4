/** What this file knows of a secured connection of the pinned library. */
interface Secured {
  readonly decoder: { lengthDecoder: (data: Received) => number }
}

/** Bytes that came and are not decoded yet. */
interface Received {
  readonly byteLength: number
  readonly get: (index: number) => number
}

const PREFIX_BYTES = 2
/** Made once: an error of its own, with its stack, for the end of every packet takes long. */
const TOO_SHORT = new RangeError('a length has two bytes')

/**
 * Lets Noise find the end of what has come without making an error: its decoder asks for one more
 * length after the last message of every packet, and takes a RangeError for the answer that there
 * is none. A connection that is not known is left as it is.
 */
export function quietDecoder(connection: object): void {
  if (!isSecured(connection)) return
  connection.decoder.lengthDecoder = (data) => {
    if (data.byteLength < PREFIX_BYTES) throw TOO_SHORT
    return data.get(0) * 256 + data.get(1)
  }
}

function isSecured(connection: object): connection is Secured {
  const { decoder } = connection as Partial<Secured>
  return typeof decoder?.lengthDecoder === 'function'
}
