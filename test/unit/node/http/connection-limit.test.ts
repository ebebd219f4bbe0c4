import { EventEmitter } from 'node:events'
import type { Server } from 'node:http'
import { beforeEach, expect, test } from 'vitest'
import { ConnectionLimit, type ConnectionRefusal } from '../../../../node/http/connection-limit.ts'

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string
  destroyed = false

  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

let server: EventEmitter & { maxConnections?: number }
let refused: ConnectionRefusal[]
let limit: ConnectionLimit

beforeEach(() => {
  server = new EventEmitter()
  refused = []
  limit = new ConnectionLimit(server as Server, (refusal) => refused.push(refusal))
  limit.set({ connectionsMax: 8, connectionsPerAddressMax: 2 })
})

function connect(address: string): FakeSocket {
  const socket = new FakeSocket(address)
  server.emit('connection', socket)
  return socket
}

const areClosed = (addresses: readonly string[]) =>
  addresses.map(connect).map(({ destroyed }) => destroyed)

test('one address has so many connections, and another one has its own', () => {
  expect(areClosed(['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'])).toEqual([
    false,
    false,
    true,
    false,
  ])
  expect(refused).toEqual(['address'])
})

test('addresses of one network of IPv6 count as one, and one of IPv4 in both its forms', () => {
  expect(areClosed(['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'])).toEqual([
    false,
    false,
    true,
    false,
  ])
  expect(areClosed(['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.1'])).toEqual([false, false, true])
})

test('a connection that ends gives its place back once, and a refused one had none', () => {
  const first = connect('192.0.2.1')
  connect('192.0.2.1')
  connect('192.0.2.1')
  first.destroy()
  first.emit('close')
  expect(areClosed(['192.0.2.1', '192.0.2.1'])).toEqual([false, true])
})

test('other limits hold for those who come from then on', () => {
  const before = [connect('192.0.2.1'), connect('192.0.2.1')]
  limit.set({ connectionsMax: 9, connectionsPerAddressMax: 1 })
  expect(before.map(({ destroyed }) => destroyed)).toEqual([false, false])
  before[0]?.destroy()
  expect(areClosed(['192.0.2.1', '192.0.2.2'])).toEqual([true, false])
  expect(server.maxConnections).toBe(9)
})

test('what the server closes for all of them together is counted apart', () => {
  server.emit('drop', {})
  expect(refused).toEqual(['total'])
})
