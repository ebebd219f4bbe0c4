import { OracleError } from '../errors.ts'
import { LineCutter } from '../line-cutter.ts'
import { BODY_BYTES_MAX } from './http.ts'

const DATA = 'data: '

/**
 * The data of each event of a stream of server-sent events, as far as our gateways use them: one
 * line of data an event, comments in between. The work grows with the stream, however small the
 * pieces are in which it comes.
 *
 * @throws {OracleError} `GATEWAY_ANSWER_INVALID` when an event is longer than any answer may be
 */
export async function* eventData(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  const cutter = new LineCutter(BODY_BYTES_MAX)
  let data: string | null = null
  let length = 0
  for await (const chunk of chunks) {
    const lines = cutter.take(chunk)
    if (lines === null) throw endless()
    for (const line of lines) {
      length += line.length
      if (length > BODY_BYTES_MAX) throw endless()
      if (line.startsWith(DATA)) data ??= line.slice(DATA.length)
      if (line !== '') continue
      if (data !== null) yield data
      data = null
      length = 0
    }
  }
}

function endless(): OracleError {
  return new OracleError('GATEWAY_ANSWER_INVALID', 'an event of the gateway has no end', {
    context: { bytesMax: BODY_BYTES_MAX },
  })
}
