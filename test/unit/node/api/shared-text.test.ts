import { expect, test } from 'vitest'
import { sharedText } from '../../../../node/api/shared-text.ts'

test('whoever asks within a moment gets what was made for the first', async () => {
  let [made, nowMs] = [0, 0]
  const text = sharedText(() => `number ${++made}`, { ageMsMax: 250, nowMs: () => nowMs })
  expect(await Promise.all([text(), text(), text()])).toEqual(['number 1', 'number 1', 'number 1'])
  nowMs = 249
  expect(await text()).toBe('number 1')
  nowMs = 250
  expect(await text()).toBe('number 2')
})

test('a failure is no end: the next moment tries again', async () => {
  let nowMs = 0
  let isBroken = true
  const text = sharedText(
    () => {
      if (isBroken) throw new Error('broken')
      return 'whole'
    },
    { ageMsMax: 250, nowMs: () => nowMs },
  )
  await expect(text()).rejects.toThrow('broken')
  isBroken = false
  await expect(text()).rejects.toThrow('broken')
  nowMs = 250
  expect(await text()).toBe('whole')
})
