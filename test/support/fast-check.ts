import fc from 'fast-check'

/**
 * In the gate a property is asked the same each time: what fails then is the change, not the draw.
 * A long run, which FC_NUM_RUNS asks for, draws anew, unless FC_SEED repeats one.
 */
const SEED = 20_261_130

const isLong = process.env.FC_NUM_RUNS !== undefined
const asked = Number(process.env.FC_SEED ?? (isLong ? 'drawn anew' : SEED))

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  // fast-check draws a dozen items at most, whatever the limit that a property names: what begins
  // beyond, such as the sort of long lists, would never be reached.
  defaultSizeToMaxWhenMaxSpecified: true,
  ...(Number.isSafeInteger(asked) && { seed: asked }),
})
