import type { CommitteeFile } from '../../../../node/config/committee-file.ts'
import type { TemplateValues } from '../../../../node/config/template.ts'

const point = (fill: number) => Uint8Array.of(2, ...new Array<number>(32).fill(fill))

/** A good committee of four with one feed. */
export function committeeOfFour(): CommitteeFile {
  return {
    params: {
      protocolVersion: 1,
      network: 'test',
      members: [1, 2, 3, 4].map((fill) => ({ identityKey: point(fill) })),
      f: 1,
      keygenAttempt: 0,
      feeds: [
        {
          name: 'BTC/USD',
          decimals: 8,
          kind: 'spot',
          deviationBps: 50,
          heartbeatMs: 3_600_000,
          sourcesMin: 3,
          valueMin: 1_000_000n,
          valueMax: 1_000_000_000_000_000n,
        },
      ],
      genesisMs: 1_790_000_000_000,
      timing: {
        roundMs: 500,
        includeMs: 120,
        hopMs: 40,
        fastMs: 170,
        cutMs: 220,
        backupMs: 50,
        voteMs: 360,
        stageMs: 1_000,
        clockSkewMsMax: 5,
      },
      probeEvery: 32,
      limits: { roundsKept: 16, syncBatchMax: 32 },
    },
    groupKey: {
      publicKey: point(9),
      verifyingShares: [11, 12, 13, 14].map(point),
      threshold: 3,
    },
  }
}

/** A good configuration with everything that has no default. */
export const MINIMAL_CONFIG = `
committee: committee.json
keys:
  identity: keys/identity.json
  signingShare: keys/share.json
  transmitter: keys/transmitter.json
  passphrase: { file: keys/passphrase }
network:
  listen: [/ip4/127.0.0.1/tcp/9000]
  members:
    - { index: 1, address: /ip4/127.0.0.1/tcp/9001 }
chains:
  - name: local
    chainId: 31337
    contract: '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    rpcUrls: [http://127.0.0.1:8545]
`

/** What `init` asks for, of a node with a chain. */
export const TEMPLATE_VALUES: TemplateValues = {
  name: 'alpha',
  committee: 'committee.json',
  listen: ['/ip4/0.0.0.0/tcp/9000'],
  members: [{ index: 1, address: '/dns4/beta.example/tcp/9000' }],
  passphraseFile: null,
  strength: 'standard',
  apiPort: 8_081,
  chain: {
    name: 'local',
    chainId: 31_337,
    contract: `0x${'ab'.repeat(20)}`,
    rpcUrls: ['http://127.0.0.1:8545'],
  },
}
