import type { Abi, Address, Hex } from 'viem'
import { batchProbeAbi, batchProbeBytecode } from '../../../contracts/abi/batch-probe.ts'
import type { TestChain } from './chain.ts'

/** How one call of a batch ended. */
export interface Outcome {
  readonly isDone: boolean
  /** What it gave, or the data of its error. */
  readonly result: Hex
}

/** Makes many calls to a contract in one: a call by itself that reverts costs a second here. */
export type Batch = (target: Address, calls: readonly Hex[]) => Promise<readonly Outcome[]>

/** Calls of one batch; each may use as much gas as one transaction divided by this. */
const BATCH_CALLS_MAX = 100

/** Deploys contract code without arguments and gives its address. */
export async function deployCode(
  chain: TestChain,
  code: { readonly abi: Abi; readonly bytecode: Hex },
): Promise<Address> {
  const hash = await chain.writer.deployContract({ ...code, account: chain.account, chain: null })
  const receipt = await chain.reader.waitForTransactionReceipt({ hash })
  if (receipt.contractAddress === null || receipt.contractAddress === undefined) {
    throw new Error('a deployment makes a contract')
  }
  return receipt.contractAddress
}

/** Puts the contract onto a chain that makes the calls of a batch. */
export async function batchOn(chain: TestChain): Promise<Batch> {
  const probe = await deployCode(chain, { abi: batchProbeAbi, bytecode: batchProbeBytecode })
  return async (target, calls) => {
    const outcomes: Outcome[] = []
    for (let start = 0; start < calls.length; start += BATCH_CALLS_MAX) {
      const [done, results] = await chain.reader.readContract({
        address: probe,
        abi: batchProbeAbi,
        functionName: 'outcomes',
        args: [target, calls.slice(start, start + BATCH_CALLS_MAX)],
      })
      done.forEach((isDone, index) => {
        outcomes.push({ isDone, result: results[index] ?? '0x' })
      })
    }
    return outcomes
  }
}
