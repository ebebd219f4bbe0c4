import { describe, expect, it } from 'vitest'
import { Handshakes } from '../../../../node/gossip/handshakes.ts'

/** A clock that the test moves by hand. */
class HandClock {
  ms = 0
  readonly nowMs = () => this.ms
}

function admitted(handshakes: Handshakes, host: string, times: number): number {
  return Array.from({ length: times }, () => handshakes.admit(host)).filter(Boolean).length
}

describe('handshakes', () => {
  it('are bounded for each host and come back with time', () => {
    const clock = new HandClock()
    const handshakes = new Handshakes(clock)
    expect(admitted(handshakes, '192.0.2.1', 1_000)).toBe(64)
    expect(admitted(handshakes, '192.0.2.2', 10)).toBe(10)
    clock.ms += 1_000
    expect(admitted(handshakes, '192.0.2.1', 1_000)).toBe(8)
    clock.ms += 60_000
    expect(admitted(handshakes, '192.0.2.1', 1_000)).toBe(64)
  })

  it('remember a bounded number of hosts, the busy ones longest', () => {
    const handshakes = new Handshakes(new HandClock())
    admitted(handshakes, 'attacker', 64)
    for (let host = 0; host < 5_000; host++) {
      handshakes.admit(`host ${host}`)
      expect(handshakes.admit('attacker')).toBe(false)
    }
    expect(admitted(handshakes, 'host 0', 100)).toBe(64)
    expect(admitted(handshakes, 'host 4999', 100)).toBe(63)
  })
})
