import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readApproval, writeApproval } from '../../../../node/handover/files.ts'
import { someHandover } from '../../../support/handover.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'parallax-approval-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

test('what was approved is read as it was written', async () => {
  await writeApproval(directory, someHandover())
  expect(await readApproval(directory)).toEqual(someHandover())
})

// Written by hand: a number that no hand-over can carry ended the node and its signer.
test.each([
  ['epoch', 1],
  ['epoch', 2 ** 32],
  ['roundMs', 2 ** 32],
  ['includeMs', 2 ** 32],
  ['clockSkewMsMax', 2 ** 32],
] as const)(
  'an approval whose %s is %i is damaged, and read as nothing else',
  async (path, value) => {
    await writeApproval(directory, someHandover({ [path]: value }))
    const damaged = expect.objectContaining({ code: 'HANDOVER_FILE_DAMAGED' })
    await expect(readApproval(directory)).rejects.toEqual(damaged)
  },
)
