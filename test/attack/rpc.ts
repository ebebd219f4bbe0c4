import { concat } from '../../aggregator/values/bytes.ts'

/** Frames of gossipsub written by hand: what a library would refuse to send. */
export interface RpcParts {
  readonly topic: string
  readonly messages?: readonly Uint8Array[]
  /** Ids of messages that the sender tells of, asks for, or does not need any more. */
  readonly have?: readonly Uint8Array[]
  readonly want?: readonly Uint8Array[]
  readonly unwanted?: readonly Uint8Array[]
  /** How often to enter and to leave the mesh of the topic. */
  readonly grafts?: number
  readonly prunes?: number
  /** Topics to subscribe to. */
  readonly subscribe?: readonly string[]
}

/** One frame: its length as a varint, then the RPC. */
export function rpcFrame(rpc: RpcParts): Uint8Array {
  const body = rpcBody(rpc)
  return concat(varint(body.length), body)
}

/** The RPC alone. */
export function rpcBody({ topic, messages = [], subscribe = [], ...control }: RpcParts) {
  const { have = [], want = [], unwanted = [], grafts = 0, prunes = 0 } = control
  const name = field(1, Buffer.from(topic))
  const list = (number: number, parts: readonly Uint8Array[]) =>
    parts.length === 0 ? [] : [field(number, concat(...parts))]
  const controls = [
    ...(have.length === 0 ? [] : [field(1, concat(name, ...have.map((id) => field(2, id))))]),
    ...list(
      2,
      want.map((id) => field(1, id)),
    ),
    ...Array.from({ length: grafts }, () => field(3, name)),
    ...Array.from({ length: prunes }, () => field(4, name)),
    ...list(
      5,
      unwanted.map((id) => field(1, id)),
    ),
  ]
  return concat(
    ...subscribe.map((each) => field(1, concat(boolean(1, true), field(2, Buffer.from(each))))),
    ...messages.map((data) => field(2, concat(field(2, data), field(4, Buffer.from(topic))))),
    ...list(3, controls),
  )
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
