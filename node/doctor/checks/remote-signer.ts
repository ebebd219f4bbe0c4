import { type ChainConfig, isLoopback } from '../../config/schema.ts'
import type { Web3SignerSetting } from '../../config/transmitter-schema.ts'
import type { TransactionToSign } from '../../keys/signed-transaction.ts'
import { Web3Signer } from '../../keys/web3signer.ts'
import { createLog } from '../../logging.ts'
import { web3signerOf } from '../../open-keys.ts'
import { eachAtOnce } from '../at-once.ts'
import type { Check } from '../check.ts'
import type { Finding } from '../finding.ts'
import { findingOf, ok, warning } from '../finding.ts'

const CHECK = 'transmitter key'
const AT_ONCE = 4

/**
 * Asks the remote signer of each chain whether it has the key, and for a signature of a transaction
 * that no chain ever takes: only that shows that the key may sign, and for which chain.
 */
export const remoteSigner: Check = {
  name: 'remote signer',
  reach: 'network',
  examine: async ({ config }) => {
    const { transmitter } = config.keys
    if (typeof transmitter !== 'object' || 'pkcs11' in transmitter) return { findings: [] }
    const work = (chain: ChainConfig) => signerFinding(chain, transmitter.web3signer)
    const found = await eachAtOnce(config.chains, { limit: AT_ONCE, work })
    return { findings: [...plainFindings(transmitter.web3signer), ...found] }
  },
}

async function signerFinding(chain: ChainConfig, setting: Web3SignerSetting): Promise<Finding> {
  const log = createLog({ level: 'silent', format: 'json' })
  const signer = new Web3Signer(web3signerOf(setting, chain.name), { log })
  try {
    await signer.checkAccount()
    await signer.signTransaction(neverTaken(chain))
    return ok(CHECK, `${signer.place} signs for ${signer.address} on ${chain.name}`)
  } catch (error) {
    const found = findingOf(CHECK, 'fault', error)
    return { ...found, seen: `${chain.name}: ${found.seen}` }
  } finally {
    signer.stop()
  }
}

/** Its nonce is one that no account ever reaches, and it pays one wei for a gas. */
function neverTaken({ chainId, contract }: ChainConfig): TransactionToSign {
  return {
    type: 'eip1559',
    chainId,
    to: contract,
    nonce: Number.MAX_SAFE_INTEGER,
    data: '0x',
    gas: 21_000n,
    maxFeePerGas: 1n,
    maxPriorityFeePerGas: 1n,
  }
}

/** Who can reach a signer without TLS can have things signed, and so can who stands between. */
function plainFindings({ url, urls }: Web3SignerSetting): readonly Finding[] {
  const plain = [url, ...Object.values(urls)]
    .map((each) => new URL(each))
    .filter(({ protocol, hostname }) => protocol === 'http:' && !isHere(hostname))
  return [...new Set(plain.map(({ host }) => host))].map((host) =>
    warning(CHECK, {
      code: 'WEB3SIGNER_PLAIN',
      seen: `${host} is asked without TLS, so it cannot know who asks`,
      advice: 'give it TLS with client certificates (keys.transmitter.web3signer.tls)',
    }),
  )
}

function isHere(hostname: string): boolean {
  return hostname === 'localhost' || isLoopback(hostname.replace(/[[\]]/g, ''))
}
