import { describe, expect, test } from 'vitest'
import type { CommitteeFile } from '../../../../node/config/committee-file.ts'
import { formatCommittee, formatParams } from '../../../../node/config/committee-file.ts'
import { parseCommittee, parseCommitteeToBe } from '../../../../node/config/committee-text.ts'
import { assertKeyGenerated, parseConfig } from '../../../../node/config/load.ts'
import { committeeToBe, KeygenCluster } from '../../../support/keygen.ts'
import { committeeOfFour, MINIMAL_CONFIG } from './fixtures.ts'

const { params } = committeeToBe({ size: 4 })

/** A committee whose four members made their key. */
function generated(): CommitteeFile {
  const [outcome] = new KeygenCluster({ size: 4 }).run().outcomes()
  if (outcome?.type !== 'generated') throw new Error('no key')
  const { groupKey, transcript, signatures } = outcome.key
  return { params, groupKey, keyGeneration: { transcript, signatures } }
}

const committee = generated()
const text = formatCommittee(committee)

function pathsOf(changed: string): readonly string[] {
  const parsed = parseCommittee(changed)
  return parsed.type === 'parsed' ? [] : parsed.problems.map(({ path }) => path)
}

describe('the key in a committee file (protocol §11.1)', () => {
  test('is the same after writing and reading, with what shows where it comes from', () => {
    expect(parseCommittee(text)).toEqual({ type: 'parsed', committee })
  })

  test('is refused when the signature of one member is not under it', () => {
    const plain = JSON.parse(text)
    const [first, second] = plain.keyGeneration.signatures
    plain.keyGeneration.signatures.splice(0, 2, second, first)
    expect(pathsOf(JSON.stringify(plain))).toEqual([
      'keyGeneration.signatures[0]',
      'keyGeneration.signatures[1]',
    ])
    plain.keyGeneration.signatures.splice(0, 2, first, second)
    plain.keyGeneration.signatures.pop()
    expect(pathsOf(JSON.stringify(plain))).toEqual(['keyGeneration.signatures[3]'])
  })

  test('is refused when key, parameters or attempt are not those that were signed', () => {
    const signatures = [0, 1, 2, 3].map((index) => `keyGeneration.signatures[${index}]`)
    const other = formatCommittee({ ...committee, params: { ...params, keygenAttempt: 1 } })
    expect(pathsOf(other)).toEqual(signatures)
    const [a, b, ...rest] = committee.groupKey.verifyingShares
    const verifyingShares = [b, a, ...rest].flatMap((share) => share ?? [])
    const swapped = { ...committee, groupKey: { ...committee.groupKey, verifyingShares } }
    expect(pathsOf(formatCommittee(swapped))).toEqual(signatures)
  })

  test('may be missing before its generation, and only there', () => {
    const before = formatParams(params)
    expect(parseCommitteeToBe(before)).toEqual({
      type: 'parsed',
      committee: { params, complete: null },
    })
    expect(pathsOf(before)).toEqual(['groupKey'])
    const plain = JSON.parse(text)
    delete plain.groupKey
    expect(pathsOf(JSON.stringify(plain))).toEqual(['keyGeneration'])
  })

  test('of a dealer runs with key files for development only', () => {
    const parsed = parseConfig(MINIMAL_CONFIG)
    if (parsed.type === 'refused') throw new Error('the fixture is good')
    const { config } = parsed
    const dealt = { config, committee: committeeOfFour() }
    expect(() => assertKeyGenerated(dealt)).toThrow(
      expect.objectContaining({ code: 'CONFIG_KEY_DEALT' }),
    )
    const keys = { ...config.keys, strength: 'development' } as const
    expect(() => assertKeyGenerated({ ...dealt, config: { ...config, keys } })).not.toThrow()
    expect(() => assertKeyGenerated({ ...dealt, committee })).not.toThrow()
  })
})
