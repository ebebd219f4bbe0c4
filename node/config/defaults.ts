/**
 * Values that an operator need not write. Each is explained, with its range, in docs/config.md; a
 * test compares the two.
 */
export const DEFAULTS = {
  name: 'oracle',
  dataDirectory: 'data',
  keys: { strength: 'standard' },
  signer: { directory: 'signer-data', access: 'owner' },
  /** Well below the turn of a member; a key management service takes a tenth of it. */
  remoteSigner: { timeoutMs: 3_000 },
  chain: {
    /** One slow endpoint must not hold a delivery longer than a few rounds. */
    rpcTimeoutMs: 3_000,
    /** Endpoints are compared this often at most; between two looks the last verdict holds. */
    compareEveryMs: 2_000,
    /** Above the block time of every chain we know, below what an operator would not notice. */
    headAgeMsMax: 60_000,
    headLagBlocksMax: 3,
    confirmations: 2,
    pollEveryMs: 500,
    /** A little more than one block of the slowest target, Ethereum. */
    bumpAfterMs: 15_000,
    bumpsMax: 6,
    feePerGasGweiMax: '100',
    priorityFeePerGasGweiMax: '2',
    gasMax: 3_000_000,
    spendPerDayEtherMax: '0.5',
    balanceEtherMin: '0.05',
  },
  api: {
    host: '127.0.0.1',
    port: 8080,
    allowPublic: false,
    requestsPerMinuteMax: 600,
    connectionsMax: 256,
    /** An eighth of them: half for readers of streams, half for those who ask. */
    connectionsPerAddressMax: 32,
    /** A quarter of the connections: the rest stay free for those who only ask. */
    streamReadersMax: 64,
  },
  publicPort: { peersMax: 64 },
  log: { level: 'info', format: 'json' },
} as const
