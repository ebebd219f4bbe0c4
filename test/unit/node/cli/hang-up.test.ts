import { expect, test } from 'vitest'
import { watchTerminal } from '../../../../node/cli/hang-up.ts'

/** A process at a terminal, or without one, whose terminal is closed later. */
function started({ atTerminal, readsNothing }: Record<'atTerminal' | 'readsNothing', boolean>) {
  let isThere = atTerminal
  const isClosed = watchTerminal({ hasTerminal: () => isThere, readsNothing: () => readsNothing })
  return {
    isClosed,
    close: () => {
      isThere = false
    },
  }
}

test('SIGHUP at a terminal asks for a reload, and ends the node when the terminal was closed', () => {
  const { isClosed, close } = started({ atTerminal: true, readsNothing: false })
  expect(isClosed()).toBe(false)
  close()
  expect(isClosed()).toBe(true)
})

test.each([
  ['a service, which has no terminal', { atTerminal: false, readsNothing: false }],
  ['what nohup started, which is to stay', { atTerminal: true, readsNothing: true }],
])('SIGHUP always asks %s for a reload', (_, how) => {
  const { isClosed, close } = started(how)
  expect(isClosed()).toBe(false)
  close()
  expect(isClosed()).toBe(false)
})
