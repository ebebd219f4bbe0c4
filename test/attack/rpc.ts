import { concat } from '../../aggregator/values/bytes.ts'

/** Frames of gossipsub written by hand: what a library would refuse to send. */
export interface RpcParts {
  readonly topic: string
  readonly messages?: readonly Uint8Array[]
  /** Ids of messages that nobody has. */
  readonly have?: readonly Uint8Array[]
  /** Topics to subscribe to. */
  readonly subscribe?: readonly string[]
}

/** One frame: its length as a varint, then the RPC. */
export function rpcFrame({
  topic,
  messages = [],
  have = [],
  subscribe = [],
}: RpcParts): Uint8Array {
  const name = Buffer.from(topic)
  const parts = [
    ...subscribe.map((each) => field(1, concat(boolean(1, true), field(2, Buffer.from(each))))),
    ...messages.map((data) => field(2, concat(field(2, data), field(4, name)))),
  ]
  if (have.length > 0) {
    const ihave = concat(field(1, name), ...have.map((id) => field(2, id)))
    parts.push(field(3, field(1, ihave)))
  }
  const body = concat(...parts)
  return concat(varint(body.length), body)
}

function field(number: number, value: Uint8Array): Uint8Array {
  return concat(varint((number << 3) | 2), varint(value.length), value)
}

function boolean(number: number, value: boolean): Uint8Array {
  return new Uint8Array([number << 3, value ? 1 : 0])
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return new Uint8Array([...bytes, rest])
    bytes.push((rest % 128) | 128)
  }
}
