import { codeOf } from '../../errors.ts'
import { createLog } from '../../logging.ts'
import { tokenOf } from '../../open-keys.ts'
import { OPEN_MS_MAX } from '../../pkcs11/token-key.ts'
import { TokenWallet } from '../../pkcs11/token-wallet.ts'
import type { Check } from '../check.ts'
import { findingOf, ok, unchecked } from '../finding.ts'

const CHECK = 'transmitter key'

/**
 * Logs in to the token of the transmitter's key and has it sign something that no chain takes: only
 * that shows whose key it is. A wrong PIN costs one try, as it costs the node one.
 */
export const token: Check = {
  name: 'token',
  reach: 'machine',
  examine: async ({ config, isHeld }, { terminal }) => {
    const { transmitter } = config.keys
    const found = tokenOf(transmitter, terminal)
    if (typeof transmitter !== 'object' || !('pkcs11' in transmitter) || found === null) {
      return { findings: [] }
    }
    const log = createLog({ level: 'silent', format: 'json' })
    const { address, timeoutMs } = transmitter.pkcs11
    const walletWith = (limitMs: number) =>
      new TokenWallet({ address, timeoutMs: limitMs }, { token: found, log })
    const wallet = walletWith(timeoutMs)
    try {
      // The node logs in once, and then it is the time of a signature that counts.
      await walletWith(OPEN_MS_MAX).checkAccount()
      await wallet.checkAccount()
      return { findings: [ok(CHECK, `${wallet.place} signs for ${wallet.address}`)] }
    } catch (error) {
      const isElsewhere = isHeld && 'descriptor' in transmitter.pkcs11.pin
      if (isElsewhere && codeOf(error) === 'PKCS11_PIN_UNREADABLE') {
        return {
          findings: [unchecked(CHECK, 'a process runs that has the PIN; here it is not given')],
        }
      }
      return { findings: [findingOf(CHECK, 'fault', error)] }
    } finally {
      await found.stop()
    }
  },
}
