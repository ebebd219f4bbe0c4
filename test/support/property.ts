/** Runs of one property: as many as FC_NUM_RUNS says, else what keeps the whole folder short. */
export function runs(usual: number): { readonly numRuns: number } {
  const asked = Number(process.env.FC_NUM_RUNS ?? '')
  return { numRuns: Number.isSafeInteger(asked) && asked > 0 ? asked : usual }
}
