import { beforeEach, describe, expect, test } from 'vitest'
import type { DryDeliveryView } from '../../../../node/api/dry-run-view.ts'
import { PriceFeedsContract } from '../../../../node/chain/feeds-contract.ts'
import { TransactionSender } from '../../../../node/chain/sender.ts'
import { parseConfig } from '../../../../node/config/load.ts'
import { PricedTarget } from '../../../../node/dry-run/priced-target.ts'
import { OracleError } from '../../../../node/errors.ts'
import { SILENT_LOG } from '../../../../node/logging.ts'
import { certifier, valuesAt } from '../../../support/certificates.ts'
import { FakeChain, GWEI } from '../chain/fake-chain.ts'
import { MINIMAL_CONFIG } from '../config/fixtures.ts'

const WALLET = '0x00000000000000000000000000000000000000aa'
const ROUND = 9
const { context, certify } = certifier()
const CLOCK = { nowMs: () => 1_790_000_000_000 }
const UNREACHABLE = new OracleError('RPC_NONE_USABLE', 'nobody answers')

/** A chain whose contract is looked at with what is left of these answers; then all is well. */
class CheckedChain extends FakeChain {
  readonly isInOffice = true
  checks: Error[] = []
  checked = 0

  async checkContract(): Promise<void> {
    this.checked += 1
    const error = this.checks.shift()
    if (error !== undefined) throw error
  }
}

let chain: CheckedChain
/** What reading the file of what was spent fails with. */
let unreadable: Error | null
let delivered: DryDeliveryView[]

beforeEach(() => {
  chain = new CheckedChain()
  unreadable = null
  delivered = []
})

function target(): PricedTarget {
  const parsed = parseConfig(MINIMAL_CONFIG)
  const config = parsed.type === 'parsed' ? parsed.config.chains[0] : undefined
  if (config === undefined) throw new Error('no chain')
  const spending = {
    load: () => (unreadable === null ? Promise.resolve() : Promise.reject(unreadable)),
    spentWei: () => 0n,
    record: () => Promise.reject(new Error('a dry run pays nothing')),
  }
  const limits = {
    ...{ chainId: 1, gasMax: 1_000_000n, spendPerDayWeiMax: 10n ** 18n, balanceWeiMin: 1n },
    caps: { feePerGasMax: 100n * GWEI, priorityFeePerGasMax: 2n * GWEI },
  }
  return new PricedTarget(
    { config, dataDirectory: 'none' },
    {
      contract: new PriceFeedsContract(
        { address: WALLET, committee: context.committee },
        { keccak256: context.crypto.keccak256 },
      ),
      ...{ wallet: WALLET, clock: CLOCK, log: SILENT_LOG },
      onDelivery: (delivery) => delivered.push(delivery),
      accessTo: (_, use) => ({
        ...{ spending, chain },
        sender: new TransactionSender(limits, { ...use, chain, spending: spending as never }),
        pool: { status: () => [] },
        relays: { status: () => [] },
      }),
    },
  )
}

const transmit = (to: PricedTarget, feeds = [0, 1]) =>
  to.transmit({
    ...{ type: 'transmit', target: to.name, feeds },
    certificate: certify(ROUND, valuesAt(ROUND, 1)),
  })

describe('a delivery that would be due', () => {
  test('is priced, for the feeds that the chain does not have yet', async () => {
    chain.othersDeliver(ROUND, [0])
    const priced = target()
    expect(await transmit(priced)).toBe('failed')
    expect(delivered).toMatchObject([{ code: 'OK', feeds: 1, round: ROUND }])
    expect(priced.view()).toMatchObject({ priced: 1, hindered: 0 })
  })

  test('that the node beside it has sent already is superseded, and counts as nothing', async () => {
    chain.othersDeliver(ROUND, [0, 1])
    const overtaken = target()
    expect(await transmit(overtaken)).toBe('superseded')
    expect(delivered).toEqual([])
  })

  test.each([
    ['by its name', 'Overtaken', () => undefined],
    ['by what is on the chain then', 'Other', () => chain.othersDeliver(ROUND, [0, 1])],
  ])(
    'that is overtaken while it is priced, %s, is superseded too',
    async (_, reason, meanwhile) => {
      chain.estimate = { type: 'reverts', reason }
      const estimate = chain.estimateGas.bind(chain)
      chain.estimateGas = () => {
        meanwhile()
        return estimate()
      }
      const overtaken = target()
      expect(await transmit(overtaken)).toBe('superseded')
      expect(overtaken.view()).toMatchObject({ priced: 0, hindered: 0, last: null })
    },
  )

  test('that would revert, or that nobody can be asked about, is hindered', async () => {
    chain.estimate = { type: 'reverts', reason: 'StaleReport' }
    const hindered = target()
    expect(await transmit(hindered)).toBe('failed')
    chain.outage = UNREACHABLE
    expect(await transmit(hindered)).toBe('failed')
    expect(delivered.map(({ code }) => code)).toEqual(['TRANSMIT_REVERTED', 'RPC_NONE_USABLE'])
    expect(hindered.view()).toMatchObject({ priced: 0, hindered: 2 })
  })
})

describe('the contract', () => {
  test('that could not be asked at the start is asked again until it was', async () => {
    chain.checks = [UNREACHABLE, UNREACHABLE]
    const late = target()
    await late.start()
    expect(late.view()).toMatchObject({ isContractKnown: false, fault: { code: UNREACHABLE.code } })
    await late.readFeeds()
    // The feeds came, but nobody said which committee the contract knows.
    expect(late.view()).toMatchObject({ isContractKnown: false, fault: null })
    await late.readFeeds()
    expect(late.view()).toMatchObject({ isContractKnown: true, fault: null })
    await late.readFeeds()
    expect(chain.checked).toBe(3)
  })

  test('of another committee stays a fault while feeds can be read', async () => {
    const foreign = new OracleError('CONTRACT_COMMITTEE_DIFFERS', 'of others')
    chain.checks = [foreign, foreign]
    const other = target()
    await other.start()
    await other.readFeeds()
    expect(other.view()).toMatchObject({ isContractKnown: false, fault: { code: foreign.code } })
  })

  test('is asked although what was spent cannot be read, which stays a fault', async () => {
    unreadable = new OracleError('SPENDING_UNREADABLE', 'no JSON')
    const blind = target()
    await blind.start()
    await blind.readFeeds()
    const fault = { code: 'SPENDING_UNREADABLE' }
    expect(blind.view()).toMatchObject({ isContractKnown: true, fault, balanceEther: '1' })
  })
})
