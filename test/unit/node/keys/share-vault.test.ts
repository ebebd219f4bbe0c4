import { randomBytes } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { beforeEach, describe, expect, it } from 'vitest'
import { signedMessageOf } from '../../../../aggregator/report/digests.ts'
import { dealForDevelopment } from '../../../../aggregator/signing/dealer.ts'
import { frostScheme } from '../../../../aggregator/signing/frost.ts'
import type {
  NonceCommitment,
  NonceSecret,
  ThresholdScheme,
} from '../../../../aggregator/signing/threshold.ts'
import { membersOf } from '../../../../aggregator/values/ids.ts'
import { ShareVault } from '../../../../node/keys/share-vault.ts'

const dealt = dealForDevelopment({ members: 4, threshold: 3 }, randomBytes)
const REPORT = new Uint8Array(32).fill(1)
const OTHER_REPORT = new Uint8Array(32).fill(2)
const SIGNERS = [0, 1, 3]

let vaults: ShareVault[] = []
let prepared: { readonly id: number; readonly commitment: NonceCommitment }[][] = []

beforeEach(() => {
  vaults = dealt.shares.map(
    (share) =>
      new ShareVault(
        { scheme: frostScheme, groupKey: dealt.groupKey, share },
        { random: randomBytes },
      ),
  )
  prepared = vaults.map((vault) => [vault.prepare(), vault.prepare(), vault.prepare()])
  vaults.forEach((vault, index) => {
    vault.assign(
      7,
      (prepared[index] ?? []).map(({ id }) => id),
    )
  })
})

function at(index: number): ShareVault {
  const vault = vaults[index]
  if (vault === undefined) throw new Error(`no vault ${index}`)
  return vault
}

function request(slot: number, reportDigest = REPORT) {
  const commitments = SIGNERS.map((index) => prepared[index]?.[slot]?.commitment)
  const signingSet = membersOf(SIGNERS)
  const expectedNext = membersOf([0, 1, 2, 3])
  const fields = { reportDigest, slot, signingSet, expectedNext }
  return {
    round: 7,
    slot,
    reportDigest,
    expectedNext,
    session: {
      message: signedMessageOf((bytes) => keccak_256(bytes), fields),
      signingSet,
      commitments: commitments.filter((each) => each !== undefined),
    },
  }
}

const refused = (code: string) => ({ type: 'refused', code })

describe('the vault of a signing share', () => {
  it('signs, and the shares of a signing set combine', () => {
    const shares = SIGNERS.map((index) => at(index).sign(request(0)))
    const bytes = shares.map((each) => (each.type === 'signed' ? each.share : new Uint8Array(0)))
    const outcome = frostScheme.combine(dealt.groupKey, request(0).session, bytes)
    expect(outcome.type).toBe('combined')
  })

  it('answers once for each slot', () => {
    expect(at(0).sign(request(0)).type).toBe('signed')
    expect(at(0).sign(request(0))).toEqual(refused('NONCE_GONE'))
  })

  it('signs the same report in another slot, and no other report in any', () => {
    expect(at(0).sign(request(0)).type).toBe('signed')
    expect(at(0).sign(request(1, OTHER_REPORT))).toEqual(refused('REPORT_CONFLICT'))
    expect(at(0).sign(request(1)).type).toBe('signed')
  })

  it('refuses a session that holds another commitment in its place, and keeps its nonce', () => {
    const { session, ...rest } = request(0)
    const commitments = [...session.commitments].reverse()
    const foreign = { ...rest, session: { ...session, commitments } }
    expect(at(0).sign(foreign)).toEqual(refused('COMMITMENT_FOREIGN'))
    const outside = { ...rest, session: { ...session, signingSet: membersOf([1, 2, 3]) } }
    expect(at(0).sign(outside)).toEqual(refused('MESSAGE_FOREIGN'))
    expect(at(0).sign(request(0)).type).toBe('signed')
  })

  it('signs only the message that the report, the slot and both sets make', () => {
    const asked = request(0)
    const { session } = asked
    for (const changed of [
      { ...asked, expectedNext: membersOf([0, 1, 2]) },
      { ...asked, reportDigest: OTHER_REPORT },
      { ...asked, session: { ...session, message: OTHER_REPORT } },
    ]) {
      expect(at(0).sign(changed)).toEqual(refused('MESSAGE_FOREIGN'))
    }
    expect(at(0).sign(asked).type).toBe('signed')
  })

  it('spends the nonce when another member committed to no point', () => {
    const { session, ...rest } = request(0)
    const commitments = session.commitments.map((each, position) =>
      position === 1 ? { ...each, hiding: new Uint8Array(33) } : each,
    )
    const invalid = { ...rest, session: { ...session, commitments } }
    expect(at(0).sign(invalid)).toEqual(refused('SESSION_INVALID'))
    expect(at(0).sign(request(0))).toEqual(refused('NONCE_GONE'))
  })

  it('has no nonce for a round that was not prepared or was erased', () => {
    expect(at(0).sign({ ...request(0), round: 8 })).toEqual(refused('NONCE_GONE'))
    at(0).erase(7)
    expect(at(0).sign(request(0))).toEqual(refused('NONCE_GONE'))
  })

  it('gives a round nonces once', () => {
    const { id } = at(0).prepare()
    expect(() => at(0).assign(7, [id])).toThrow('invariant')
  })

  it('answers for nothing in a round that is over, whatever it is given then', () => {
    at(0).erase(8)
    for (const round of [7, 8]) {
      const pairs = [at(0).prepare(), at(0).prepare(), at(0).prepare()]
      at(0).assign(
        round,
        pairs.map(({ id }) => id),
      )
      prepared[0] = pairs
      expect(at(0).sign({ ...request(0), round })).toEqual(refused('NONCE_GONE'))
    }
  })

  it('never gives one pair to two rounds', () => {
    const { id } = at(0).prepare()
    at(0).assign(8, [id])
    expect(() => at(0).assign(9, [id])).toThrow('invariant')
  })

  it('never commits to the same pair twice', () => {
    const seen = new Set(
      Array.from({ length: 50 }, () =>
        Buffer.from(at(0).prepare().commitment.hiding).toString('hex'),
      ),
    )
    expect(seen.size).toBe(50)
  })

  it('erases the share and every nonce when it is closed', () => {
    const secret = Uint8Array.from(dealt.shares[0]?.secret ?? [])
    const secrets: NonceSecret[] = []
    const scheme: ThresholdScheme = {
      ...frostScheme,
      commit: (...args) => {
        const made = frostScheme.commit(...args)
        secrets.push(made.secret)
        return made
      },
    }
    const options = { scheme, groupKey: dealt.groupKey, share: { index: 0, secret } }
    const vault = new ShareVault(options, { random: randomBytes })
    vault.assign(9, [vault.prepare().id])
    vault.prepare()
    vault.close()
    const left = [secret, ...secrets.flatMap(({ hiding, binding }) => [hiding, binding])]
    expect(left).toEqual(Array.from({ length: 5 }, () => new Uint8Array(32)))
  })
})
