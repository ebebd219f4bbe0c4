/** A deployment cannot go on; every code has an entry in docs/errors.md. */
export class DeployError extends Error {
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'DeployError'
    this.code = code
  }
}
