import type { NetworkPort, SignerPort, StorePort } from '../ports.ts'

/**
 * A signer that has no key. The machine runs without one as beside a signer that is away: it
 * observes, signs and promises nothing.
 */
export const NO_SIGNER: SignerPort = {
  persist: () => Promise.resolve(),
  signMessage: () => null,
  commitments: () => null,
  signShare: () => null,
  eraseNonces: () => undefined,
}

/** A network that nothing leaves by. */
export const NO_NETWORK: NetworkPort = {
  publish: () => undefined,
  send: () => undefined,
}

/** A store that keeps nothing: the journal belongs to the node that runs. */
export const NO_STORE: StorePort = {
  keepCertificate: () => undefined,
  keepEvidence: () => undefined,
}
