import { filesLow, openFilesMax } from '../../config/open-files.ts'
import type { Check } from '../check.ts'
import { ok, warning } from '../finding.ts'

const CHECK = 'open files'

/** The limit of this process: a node that a supervisor starts has the one of its unit. */
export const openFiles: Check = {
  name: CHECK,
  reach: 'machine',
  examine: async ({ config }) => {
    const filesMax = await openFilesMax()
    if (filesMax === null) return { findings: [] }
    const low = filesLow(config, filesMax)
    if (low === null) return { findings: [ok(CHECK, `${filesMax} may be open here`)] }
    const { code, wanted } = low
    const seen = `${filesMax} may be open here, and a node of this configuration may want ${wanted}`
    const advice = 'raise the limit of whatever starts it: ulimit -n, or LimitNOFILE of its unit'
    return { findings: [warning(CHECK, { code, seen, advice })] }
  },
}
