import { OracleError } from '../errors.ts'
import { BODY_BYTES_MAX } from './http.ts'

/**
 * The data of each event of a stream of server-sent events, as far as our gateways use them: one
 * line of data an event, comments in between.
 *
 * @throws {OracleError} `GATEWAY_ANSWER_INVALID` when an event is longer than any answer may be
 */
export async function* eventData(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of chunks) {
    rest += chunk
    const events = rest.split('\n\n')
    rest = events.pop() ?? ''
    if (rest.length > BODY_BYTES_MAX) {
      throw new OracleError('GATEWAY_ANSWER_INVALID', 'an event of the gateway has no end', {
        context: { bytesMax: BODY_BYTES_MAX },
      })
    }
    for (const event of events) {
      const lines = event.split('\n')
      const data = lines.find((line) => line.startsWith('data: '))
      if (data !== undefined) yield data.slice('data: '.length)
    }
  }
}
