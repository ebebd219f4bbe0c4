import { describe, expect, test } from 'vitest'
import { fuzz } from '../fuzz/fuzzer.ts'
import { keygenSubjects } from '../fuzz/keygen-subject.ts'
import { messageSubjects } from '../fuzz/message-subject.ts'
import { Finding, type Subject } from '../fuzz/subject.ts'

// New answers guide these few inputs; looking at the coverage pays in long runs only.
const isGuiding = () => false
const { signal } = new AbortController()

/** A decoder of a magic word, which breaks on what only a guided search puts together. */
function planted(onWord: (bytes: Uint8Array) => void): Subject {
  return {
    name: 'planted',
    seeds: [new Uint8Array(8)],
    judge: (bytes) => {
      if (bytes[0] !== 0x70) return { name: 'first', isAccepted: false }
      if (bytes[1] !== 0x61) return { name: 'second', isAccepted: false }
      if (bytes[2] !== 0x78) return { name: 'third', isAccepted: false }
      onWord(bytes)
      return { name: 'word', isAccepted: true }
    },
    isPastHead: () => true,
    vary: () => null,
    repair: (bytes) => bytes,
  }
}

describe('the fuzzer (npm run fuzz)', () => {
  test('finds a throw behind three bytes that each give a new answer', async () => {
    const subject = planted(() => {
      throw new RangeError('planted')
    })
    const { findings } = await fuzz({
      subjects: [subject],
      seed: 1,
      inputs: 100_000,
      signal,
      isGuiding,
    })
    expect(findings[0]).toMatchObject({ subject: 'planted', message: 'RangeError: planted' })
    expect(findings[0]?.hex.startsWith('706178')).toBe(true)
  })

  test('reports what a subject accepts though it is not canonical', async () => {
    const subject = planted((bytes) => {
      if (bytes.length > 8) throw new Finding('trailing bytes')
    })
    const { findings } = await fuzz({
      subjects: [subject],
      seed: 2,
      inputs: 100_000,
      signal,
      isGuiding,
    })
    expect(findings.map(({ message }) => message)).toContain('Error: trailing bytes')
  })

  test('finds nothing in the messages of rounds, sync and key generation', async () => {
    const subjects = [...messageSubjects(), ...keygenSubjects()]
    const result = await fuzz({ subjects, seed: 3, inputs: 6_144, signal, isGuiding })
    expect(result.findings).toEqual([])
    expect(result.pastHead).toBeGreaterThan(0.3 * result.inputs)
    const kinds = ['observation', 'late', 'proposal', 'share', 'certificate', 'evidence']
    for (const kind of kinds) {
      const accepted = Object.keys(result.outcomes).filter(
        (name) => name.startsWith(`${kind} `) && !name.includes('reject'),
      )
      expect(accepted, kind).not.toEqual([])
    }
  })
})
