import type { noise } from '@chainsafe/libp2p-noise'
import { quietDecoder } from './quiet-decoder.ts'

type MakeNoise = ReturnType<typeof noise>

/** What this file knows of a raw connection of the pinned library. */
interface RawConnection {
  /** Writes each part by itself, and says how much was taken. */
  sendData: (parts: Iterable<Uint8Array>) => SendResult
}

interface SendResult {
  readonly sentBytes: number
  readonly canSendMore: boolean
}

/**
 * Noise whose messages reach the socket in one piece. As it comes, length and ciphertext are two
 * system calls, two packets without a delay between them, and two wake-ups of the reader.
 */
export function wholeWrites(make: MakeNoise): MakeNoise {
  return (components) => {
    const encrypter = make(components)
    const inbound = encrypter.secureInbound.bind(encrypter)
    const outbound = encrypter.secureOutbound.bind(encrypter)
    encrypter.secureInbound = async (connection, options) => {
      joinParts(connection)
      const secured = await inbound(connection, options)
      quietDecoder(secured.connection)
      return secured
    }
    encrypter.secureOutbound = async (connection, options) => {
      joinParts(connection)
      const secured = await outbound(connection, options)
      quietDecoder(secured.connection)
      return secured
    }
    return encrypter
  }
}

/** A connection that is not known is left as it is: it is right, and only slower. */
function joinParts(connection: object): void {
  if (!isRaw(connection)) return
  const sendData = connection.sendData.bind(connection)
  connection.sendData = (parts) => sendData([Buffer.concat([...parts])])
}

function isRaw(connection: object): connection is RawConnection {
  return 'sendData' in connection && typeof connection.sendData === 'function'
}
