import type { Address, Hex } from 'viem'
import type { TestHub } from '../../test/support/contracts/hub.ts'
import { gasProbeAbi, gasProbeBytecode } from '../abi/gas-probe.ts'

/** Deploys the contract that measures what a reader pays. */
export async function deployProbe({ chain }: TestHub): Promise<Address> {
  const { account, writer, reader } = chain
  const data = gasProbeBytecode
  const hash = await writer.sendTransaction({ account, chain: null, data })
  const { contractAddress } = await reader.waitForTransactionReceipt({ hash })
  if (contractAddress == null) throw new Error('the probe was not deployed')
  return contractAddress
}

/** Gas of a cold call from a contract, the cold account included. */
export function coldCall(
  hub: TestHub,
  probe: Address,
  call: { readonly to: Address; readonly data: Hex },
) {
  return hub.chain.reader
    .readContract({
      address: probe,
      abi: gasProbeAbi,
      functionName: 'read',
      args: [call.to, call.data],
    })
    .then(Number)
}
