import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { beforeEach, describe, expect, test } from 'vitest'
import { OpenAnswers } from '../../../../node/http/open-answers.ts'

class FakeSocket extends EventEmitter {
  destroyed = false

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

let nowMs: number
let answers: OpenAnswers
let socket: FakeSocket

beforeEach(() => {
  nowMs = 0
  answers = new OpenAnswers(() => nowMs)
  socket = new FakeSocket()
})

/** An answer on the connection; written whole when it begins, unless a test says otherwise. */
function begin(writableEnded = true) {
  const answer = Object.assign(new EventEmitter(), { writableEnded })
  const isTaken = answers.begin(socket as unknown as Socket, answer as unknown as ServerResponse)
  return { answer, isTaken }
}

describe('a connection', () => {
  test('is ended once when its reader has not taken what was written for half a minute', () => {
    begin()
    begin()
    expect(answers.look()).toBe(0)
    nowMs = 30_000
    expect(answers.look()).toBe(0)
    nowMs = 30_001
    expect([answers.look(), socket.destroyed]).toEqual([1, true])
    expect(answers.look()).toBe(0)
  })

  test('that went away by itself is not ended again, whatever became of its answers', () => {
    // Before an upgrade, Node tells only the first of several that their connection is gone.
    begin()
    begin()
    answers.look()
    socket.destroy()
    nowMs = 30_001
    expect(answers.look()).toBe(0)
  })

  test('whose answer is still being made, or that is a stream, is left alone', () => {
    begin(false)
    answers.look()
    nowMs = 3_600_000
    expect(answers.look()).toBe(0)
  })

  test('has four answers under way at most, and room again when one is done', () => {
    const all = Array.from({ length: 5 }, () => begin())
    expect(all.map(({ isTaken }) => isTaken)).toEqual([true, true, true, true, false])
    all[0]?.answer.emit('close')
    expect(begin().isTaken).toBe(true)
  })

  test('that is gone when its request is read has no answer under way', () => {
    socket.destroy()
    expect(begin().isTaken).toBe(false)
  })
})
