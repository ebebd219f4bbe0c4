import { PROTOCOL_VERSION } from '../../aggregator/committee/params.ts'

/** What a host says it runs. */
export interface Agent {
  /** Of the software, such as `0.1.0`; null when it does not say, or not in our form. */
  readonly version: string | null
  /** Of the protocol that it speaks. */
  readonly protocol: number | null
}

export const AGENT_UNKNOWN: Agent = { version: null, protocol: null }

/** A version of ours and nothing else: what a peer says of itself is shown to people. */
const FORM =
  /^parallax\/(\d{1,5}\.\d{1,5}\.\d{1,5}(?:-[0-9A-Za-z.]{1,24})?) protocol\/(0|[1-9]\d{0,4})$/

/** What a host says of itself to others (identify); without a version, that it is one of ours. */
export function nodeInfoOf(version: string | undefined) {
  const name = 'parallax'
  if (version === undefined) return { name, version: '', userAgent: name }
  return { name, version, userAgent: `${name}/${version} protocol/${PROTOCOL_VERSION}` }
}

/** What another host says of itself; anything but our form says nothing. */
export function agentOf(text: string | undefined): Agent {
  const [, version, protocol] = text?.match(FORM) ?? []
  if (version === undefined || protocol === undefined) return AGENT_UNKNOWN
  return { version, protocol: Number(protocol) }
}
