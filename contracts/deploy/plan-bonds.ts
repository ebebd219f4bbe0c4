import type { Address } from 'viem'
import { encodeDeployData } from 'viem'
import { evidenceRegistryAbi, evidenceRegistryBytecode } from '../abi/evidence-registry.ts'
import { memberBondsAbi, memberBondsBytecode } from '../abi/member-bonds.ts'
import type { BondParameters } from './parameters.ts'
import { contractOf, type PlannedContract } from './planned-contract.ts'

/** Where members are convicted, and where their stakes lie. */
export interface PlannedBonds {
  readonly registry: Address
  readonly bonds: Address
}

/** The contracts of evidence and bonds, in the order of deployment. Pure, as `plan`. */
export function planBonds(
  parameters: BondParameters,
  hub: Address,
): { readonly planned: PlannedBonds; readonly contracts: readonly PlannedContract[] } {
  const registry = contractOf(
    'EvidenceRegistry',
    encodeDeployData({ abi: evidenceRegistryAbi, bytecode: evidenceRegistryBytecode }),
  )
  const bonds = contractOf(
    'MemberBonds',
    encodeDeployData({
      abi: memberBondsAbi,
      bytecode: memberBondsBytecode,
      args: [
        {
          registry: registry.address,
          beneficiary: parameters.beneficiary,
          stakeMin: BigInt(parameters.stakeMinWei),
          evidenceSeconds: parameters.evidenceSeconds,
          leavingSeconds: parameters.leavingSeconds,
        },
        {
          hub,
          weiPerSignature: BigInt(parameters.weiPerSignature),
          roundsBetween: parameters.roundsBetween,
        },
      ],
    }),
  )
  return {
    planned: { registry: registry.address, bonds: bonds.address },
    contracts: [registry, bonds],
  }
}
