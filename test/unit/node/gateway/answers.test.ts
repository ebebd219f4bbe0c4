import { beforeEach, describe, expect, test } from 'vitest'
import type { Context } from '../../../../aggregator/context.ts'
import { Answers } from '../../../../node/gateway/answers.ts'
import { certifier, feedsNamed, valuesAt } from '../../../support/certificates.ts'
import { referenceCrypto } from '../../../support/committee.ts'

const FEEDS = 64
/** Of one tree: each leaf, and each node above two. */
const TREE_HASHES = 2 * FEEDS - 1

const committee = certifier({ feeds: feedsNamed(FEEDS) })
const certificates = [1, 2, 3, 4].map((round) => committee.certify(round, valuesAt(round, FEEDS)))

let hashes: number
const context: Context = {
  ...committee.context,
  crypto: {
    ...referenceCrypto,
    keccak256: (bytes) => {
      hashes += 1
      return referenceCrypto.keccak256(bytes)
    },
  },
}

beforeEach(() => {
  hashes = 0
})

describe('what an answer costs', () => {
  test('who asks for two rounds in turns has each tree hashed once, proofs and calldata included', () => {
    const answers = new Answers(context, () => 1)
    for (let time = 0; time < 50; time++) {
      for (const certificate of certificates.slice(0, 2)) {
        // Another choice each time, so that no text is at hand.
        answers.textOf(certificate, [time, time + 1])
      }
    }
    expect(hashes).toBe(2 * TREE_HASHES)
  })

  test('beyond the trees that are kept, the one that was asked for longest ago makes room', () => {
    const answers = new Answers(context, () => 1, { feedsMax: 2 * FEEDS })
    const [one, two, three] = certificates
    if (one === undefined || two === undefined || three === undefined) throw new Error('no rounds')
    const asked = [one, two, one, three]
    for (const [feed, certificate] of asked.entries()) answers.textOf(certificate, [feed])
    expect(certificates.map((certificate) => answers.holds(certificate))).toEqual([
      true,
      false,
      true,
      false,
    ])
    expect(hashes).toBe(3 * TREE_HASHES)
  })

  test('another number of the committee makes other calldata of the same tree', () => {
    let epoch = 1
    const answers = new Answers(context, () => epoch)
    const [certificate] = certificates
    if (certificate === undefined) throw new Error('no rounds')
    const before = JSON.parse(answers.textOf(certificate, [3]))
    epoch = 2
    const after = JSON.parse(answers.textOf(certificate, [3]))
    expect([before.epoch, after.epoch]).toEqual([1, 2])
    expect(after.calldata).not.toBe(before.calldata)
    expect({ ...after, epoch: 1, calldata: before.calldata }).toEqual(before)
    expect(hashes).toBe(TREE_HASHES)
  })
})
