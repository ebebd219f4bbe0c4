import {
  completed,
  type ParsedCommittee,
  type ParsedCommitteeToBe,
  readCommitteeToBe,
} from './committee-file.ts'
import { parseYaml } from './yaml.ts'

/** Reads the text of a committee file, YAML or JSON: see `readCommittee`. */
export function parseCommittee(text: string): ParsedCommittee {
  return completed(parseCommitteeToBe(text))
}

/** Reads a committee file whose key may still have to be made. */
export function parseCommitteeToBe(text: string): ParsedCommitteeToBe {
  const yaml = parseYaml(text)
  return yaml.type === 'refused' ? yaml : readCommitteeToBe(yaml.value)
}
