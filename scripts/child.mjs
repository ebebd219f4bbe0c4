import { constants } from 'node:os'

/** Set-up went wrong; coded like every error of the project (docs/errors.md). */
export class SetupError extends Error {
  constructor(code, message) {
    super(message)
    this.name = 'SetupError'
    this.code = code
  }
}

export function isSetupError(error) {
  return typeof error?.code === 'string' && error.code.startsWith('SETUP_')
}

/** Talk goes to stderr: stdout belongs to the task. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/**
 * Waits for a child to end. A signal sent to us meanwhile is given to `handOn` and does not end us,
 * so that the child can stop in its own way and nothing is left behind.
 *
 * @returns the child's exit code (128 + number if a signal ended it) and whether we got a signal
 */
export async function ended(child, handOn) {
  let interrupted = false
  const onSignal = (signal) => {
    interrupted = true
    handOn(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, onSignal)
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        resolve({ code: code ?? 128 + (constants.signals[signal] ?? 0), interrupted })
      })
    })
  } finally {
    for (const signal of signals) process.removeListener(signal, onSignal)
  }
}

const NETWORK_CODE =
  /^(ENOTFOUND|EAI_AGAIN|ECONN\w+|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET\w*)$/

/** Turns the system's or npm's code into ours, with what to do about it. */
export function explain(code, message) {
  if (NETWORK_CODE.test(code)) {
    return new SetupError(
      'SETUP_NO_NETWORK',
      `the npm registry cannot be reached (${code}), and set-up needs it once; check the ` +
        'connection and the proxy (npm config get proxy), then start again',
    )
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new SetupError(
      'SETUP_FOLDER_READ_ONLY',
      `cannot write here (${code}: ${message}); clone the repository to a folder of your own`,
    )
  }
  if (code === 'ENOSPC') {
    return new SetupError('SETUP_DISK_FULL', 'the disk is full; set-up needs about 1 GB')
  }
  if (code === 'EUSAGE') {
    return new SetupError(
      'SETUP_LOCK_OUT_OF_DATE',
      'package.json and package-lock.json disagree; CONTRIBUTING.md says how to change both',
    )
  }
  return new SetupError('SETUP_INSTALL_FAILED', `${message}; the next start tries again`)
}
