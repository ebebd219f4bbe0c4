import { type Move, movesOf } from '../concentration/moves.ts'
import {
  type Coefficient,
  coefficientsOf,
  type Failure,
  failuresOf,
} from '../concentration/nakamoto.ts'
import { loadCommittee } from '../input/committee-file.ts'
import { fileAndJson } from '../input/options.ts'

export interface Concentration {
  readonly committee: string
  readonly members: number
  readonly f: number
  readonly coefficients: readonly Coefficient[]
  readonly failures: readonly Failure[]
  readonly moves: readonly Move[]
}

/**
 * What a command line asks of a committee file.
 *
 * @throws {InputError} COMMITTEE_FILE_INVALID with every problem found
 */
export function concentrationOf(args: readonly string[]): {
  readonly result: Concentration
  readonly isJson: boolean
} {
  const { file, isJson } = fileAndJson(args, 'committee')
  const committee = loadCommittee(file)
  const result = {
    committee: committee.name,
    members: committee.members.length,
    f: committee.f,
    coefficients: coefficientsOf(committee),
    failures: failuresOf(committee),
    moves: movesOf(committee),
  }
  return { result, isJson }
}
