import { OracleError } from '../errors.ts'
import type { ConfigProblem } from './problems.ts'

/** A configuration with problems, all of them: each has a path and says what would be right. */
export class ConfigError extends OracleError {
  readonly problems: readonly ConfigProblem[]

  /** @param guide the document that explains the keys of this kind of file */
  constructor(file: string, problems: readonly ConfigProblem[], guide = 'docs/config.md') {
    const lines = problems.map(({ path, message }) =>
      path === '' ? message : `${path}: ${message}`,
    )
    const head = `${file} has ${problems.length} problem(s); correct each (${guide})`
    super('CONFIG_INVALID', [head, ...lines.map((line) => `  ${line}`)].join('\n'), {
      context: { file, problems: problems.length },
    })
    this.problems = problems
  }
}
