import { codeOf } from '../errors.ts'

/** One way for a command to end. */
export interface ExitCode {
  readonly exitCode: number
  readonly meaning: string
  /** Error codes, or beginnings of them when they end with `_`, that end a command so. */
  readonly codes: readonly string[]
}

/** Every exit code of every command; docs/cli.md holds the same table. */
export const EXIT_CODES = [
  { exitCode: 0, meaning: 'Done. A node that was asked to stop ends so, too.', codes: [] },
  { exitCode: 1, meaning: 'Something unexpected: a bug; report it.', codes: [] },
  {
    exitCode: 2,
    meaning: 'The command line is wrong.',
    codes: ['USAGE_INVALID', 'CLIENT_OPTION_INVALID', 'DRY_RUN_SEAT_UNKNOWN'],
  },
  {
    exitCode: 3,
    meaning: 'A configuration or another file is missing, unreadable or wrong.',
    codes: [
      'CONFIG_',
      'FILE_',
      'RECORD_NOTHING_ASKED',
      'RECORDING_',
      'REPLAY_NOTHING_HELD',
      'SIGNER_NOT_CONFIGURED',
      'DEPLOY_PARAMETERS_',
      'DEPLOY_FEED_',
      'DEPLOY_COMPILER_MISSING',
      'FEED_UNKNOWN',
      'SETTLEMENT_OF_OTHER_COMMITTEE',
    ],
  },
  {
    exitCode: 4,
    meaning: 'A key or its passphrase is wrong.',
    codes: [
      ...['KEYSTORE_', 'PASSPHRASE_', 'PRIVATE_KEY_', 'SECRET_', 'IDENTITY_', 'SHARE_'],
      ...['PKCS11_', 'SIGNER_FOREIGN'],
    ],
  },
  {
    exitCode: 5,
    meaning: 'A port is busy, or an address cannot be listened on.',
    codes: [
      ...['API_PORT_BUSY', 'API_ADDRESS_REFUSED', 'GOSSIP_', 'PUBLIC_PORT_FAILED'],
      'MARKET_PORT_TAKEN',
      'SIGNER_SOCKET_',
    ],
  },
  {
    exitCode: 6,
    meaning: 'A chain, its contract or the wallet is not as configured.',
    codes: [
      ...['RPC_', 'CONTRACT_', 'SPENDING_', 'WALLET_', 'SUBMIT_'],
      ...['DEPLOY_CHAIN_', 'DEPLOY_REFUSED', 'DEPLOY_REVERTED'],
    ],
  },
  {
    exitCode: 7,
    meaning: 'The node, signer or gateway that was asked does not answer.',
    codes: ['NODE_UNREACHABLE', 'SIGNER_UNREACHABLE', 'GATEWAY_UNREACHABLE'],
  },
  {
    exitCode: 8,
    meaning: 'The node or gateway answers, but is not ready.',
    codes: ['NODE_NOT_READY', 'SETTLEMENT_UNACTIVATED', 'SETTLEMENT_UNCERTIFIED'],
  },
  {
    exitCode: 9,
    meaning: 'The data directory or a journal is in use, damaged, incomplete or full.',
    codes: ['JOURNAL_', 'PROMISES_', 'PROMISE_', 'DATA_', 'REPLAY_HISTORY_', 'REPLAY_BEGINNING_'],
  },
  {
    exitCode: 10,
    meaning: 'The node stopped itself: going on would be unsafe.',
    codes: ['KEY_RUNS_TWICE'],
  },
  {
    exitCode: 11,
    meaning: 'What was to be checked is not as it should be.',
    codes: [
      ...['REPLAY_DIFFERS', 'EVIDENCE_', 'REPORT_', 'DEPLOY_DIFFERS'],
      ...['GATEWAY_', 'CERTIFICATE_FORGED', 'DOCTOR_FAULTS_FOUND'],
      'DRY_RUN_FAULTS_FOUND',
    ],
  },
  { exitCode: 12, meaning: 'Key generation ended without a key.', codes: ['KEYGEN_'] },
  {
    exitCode: 13,
    meaning: 'A hand-over cannot be approved as asked, or what was promised of one is damaged.',
    codes: ['HANDOVER_'],
  },
  {
    exitCode: 14,
    meaning: 'The node stopped itself: the next start mends what was wrong.',
    codes: ['CLOCK_SET_BACK'],
  },
  {
    exitCode: 130,
    meaning: 'Interrupted: a check before its end, a node a second time while it stops.',
    codes: [],
  },
] as const satisfies readonly ExitCode[]

export const EXIT_DONE = 0
export const EXIT_UNEXPECTED = 1
export const EXIT_INTERRUPTED = 130

/** How a command ends that failed with this error. */
export function exitCodeOf(error: unknown): number {
  const code = codeOf(error)
  const matches = (pattern: string) =>
    pattern.endsWith('_') ? code.startsWith(pattern) : code === pattern
  const entry = EXIT_CODES.find(({ codes }) => codes.some(matches))
  return entry?.exitCode ?? EXIT_UNEXPECTED
}
