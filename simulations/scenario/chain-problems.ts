import type { ScenarioProblem } from './load.ts'
import type { Scenario } from './schema.ts'

/** What is wrong between the keys of a chain. */
export function chainProblems({ chain, committee }: Scenario): readonly ScenarioProblem[] {
  if (chain === undefined) return []
  const problems: ScenarioProblem[] = []
  const report = (path: string, holds: boolean, message: string): void => {
    if (!holds) problems.push({ path: `chain.${path}`, message })
  }
  report('jitterMs', chain.jitterMs < chain.blockMs, 'must be less than blockMs')
  const { mempoolMs } = chain
  report('mempoolMs', mempoolMs.min <= mempoolMs.max, 'min must not exceed max')
  const tipFits = chain.priorityFeePerGasGweiMax <= chain.feePerGasGweiMax
  report('priorityFeePerGasGweiMax', tipFits, 'must not exceed feePerGasGweiMax')
  for (const [index, fault] of chain.faults.entries()) {
    const path = `faults.${index}`
    if ('toMs' in fault) report(path, fault.fromMs < fault.toMs, 'fromMs must be before toMs')
    if ('members' in fault) {
      const known = fault.members.every((member) => member < committee.members)
      report(`${path}.members`, known, `must name members from 0 to ${committee.members - 1}`)
    }
    if ('endpoints' in fault) {
      const known = fault.endpoints.every((each) => each < chain.endpoints)
      report(`${path}.endpoints`, known, `must name endpoints from 0 to ${chain.endpoints - 1}`)
    }
  }
  return problems
}
