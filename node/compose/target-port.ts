import { formatEther } from 'viem'
import type { Metrics } from '../api/metrics.ts'
import type { ChainView } from '../api/view.ts'
import type { ChainTarget } from '../chain/target.ts'
import type { Transmission } from '../chain/transmission.ts'
import type { TargetPort } from '../ports.ts'

/** What one target did since the start, for the page and the counters. */
export class TargetBook {
  readonly #counts = { landed: 0, superseded: 0, failed: 0 }
  #last: ChainView['last'] = null
  #lastFailure: ChainView['lastFailure'] = null
  #balanceWei: bigint | null = null

  sawBalance(balanceWei: bigint): void {
    this.#balanceWei = balanceWei
  }

  sawEnd(transmission: Transmission): void {
    this.#counts[transmission.outcome] += 1
    if (transmission.outcome === 'landed') {
      const { round, hash, blockNumber, gasUsed } = transmission
      this.#last = { round, hash, blockNumber, gasUsed: Number(gasUsed) }
    } else if (transmission.outcome === 'failed') {
      this.#lastFailure = { code: transmission.code, detail: transmission.detail }
    }
  }

  view(target: ChainTarget, settlements: ChainView['settlements'] = []): ChainView {
    return {
      target: target.config.name,
      chainId: target.config.chainId,
      contract: target.config.contract,
      wallet: target.wallet,
      signer: target.signer(),
      balanceEther: this.#balanceWei === null ? null : formatEther(this.#balanceWei),
      spentEther: formatEther(target.spentWei()),
      endpoints: target.endpoints().map(({ endpoint, fault }) => ({ endpoint, fault })),
      ...this.#counts,
      last: this.#last,
      lastFailure: this.#lastFailure,
      settlements,
      succession: null,
    }
  }
}

/** A chain target as the driver asks it. */
export function targetPort(target: ChainTarget): TargetPort {
  return {
    name: target.config.name,
    readFeeds: () => target.readFeeds(),
    transmit: async ({ certificate, feeds }) => {
      const request = { certificate: certificate.message, feeds }
      return (await target.transmit(request)).outcome
    },
  }
}

/** Counts how one transmission ended. */
export function countTransmission(
  metrics: Metrics,
  target: string,
  transmission: Transmission,
): void {
  const { outcome } = transmission
  const code = outcome === 'failed' ? transmission.code : 'OK'
  metrics.transmissions.inc({ target, outcome, code })
  if (outcome === 'landed') {
    metrics.transmissionGas.observe({ target }, Number(transmission.gasUsed))
    metrics.deliveryCost.set({ target }, Number(formatEther(transmission.feeWei)))
  }
}
