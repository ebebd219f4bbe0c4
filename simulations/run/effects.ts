import type { Certificate } from '../../aggregator/messages/messages.ts'
import type { Round } from '../../aggregator/values/ids.ts'
import { hasMember } from '../../aggregator/values/ids.ts'
import type { Strategy } from '../attacking/adversary.ts'
import type { Checker, CreateChecker } from '../checking/checker.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { SimulationResult } from '../statistics/result.ts'
import { Simulation } from './simulation.ts'

/**
 * What a strategy changes for honest members, against the same run in which its members do nothing
 * wrong. All zero: it changed nothing.
 */
export interface Effects {
  /** Rounds with another certified report, or with one more or less; values, and times. */
  readonly values: number
  readonly timestamps: number
  /** Rounds certified by another signing set. */
  readonly signers: number
  /** More rounds that needed a proposal, and that were lost. */
  readonly proposed: number
  readonly lost: number
  /** How much later certificates were everywhere, on average. */
  readonly laterMs: number
  /** More copies that members did not take. */
  readonly refused: number
  readonly convicted: number
  /** More notes of members by code; those that did not change are left out. */
  readonly notes: Readonly<Record<string, number>>
}

/** What a run came to. */
export interface Watched {
  readonly result: SimulationResult
  /** By round: the first that an honest member held. */
  readonly certificates: ReadonlyMap<Round, Certificate>
}

/** Plays by the rules. */
export const IDLE: Strategy = {
  name: 'idle',
  summary: 'does nothing',
  create: () => ({ name: 'idle' }),
}

/** Runs a scenario, its strategies given by name. */
export function watched(
  scenario: Scenario,
  options: { readonly seed: number; readonly strategyOf: (name: string) => Strategy },
): Watched {
  const certificates = new Map<Round, Certificate>()
  const watching: CreateChecker = ({ honest }): Checker => ({
    rule: 'S1',
    on: {
      certified: ({ member, certificate }) => {
        const isFirst = !certificates.has(certificate.round)
        if (isFirst && hasMember(honest, member)) certificates.set(certificate.round, certificate)
        return null
      },
    },
  })
  const result = new Simulation({ scenario, ...options, checkers: [watching] }).run()
  return { result, certificates }
}

/** What the second run differs in from the first. */
export function effectsBetween(calm: Watched, attacked: Watched): Effects {
  const rounds = [...new Set([...calm.certificates.keys(), ...attacked.certificates.keys()])]
  const differing = (of: (certificate: Certificate | undefined) => string): number =>
    rounds.filter(
      (round) => of(calm.certificates.get(round)) !== of(attacked.certificates.get(round)),
    ).length
  const more = (of: (result: SimulationResult) => number) => of(attacked.result) - of(calm.result)
  const codes = new Set([...Object.keys(calm.result.notes), ...Object.keys(attacked.result.notes)])
  const notes = [...codes].sort().flatMap((code): (readonly [string, number])[] => {
    const change = more((result) => result.notes[code] ?? 0)
    return change === 0 ? [] : [[code, change]]
  })
  return {
    values: differing((certificate) => certificate?.words.map(String).join() ?? ''),
    timestamps: differing((certificate) => String(certificate?.timestampMs)),
    signers: differing((certificate) => String(certificate?.signingSet)),
    proposed: more(({ rounds: { proposed } }) => proposed),
    lost: more(({ rounds: { lost } }) => lost),
    laterMs: more(({ latencyMs }) => latencyMs.all.meanMs ?? 0),
    refused: more(({ refused }) => refused),
    convicted: more(({ convicted }) => convicted.length),
    notes: Object.fromEntries(notes),
  }
}

/** Another draw of delays alone moves a mean by tenths of a millisecond. */
const NOISE_MS = 1

/** Whether anything of it is not zero, or not noise. */
export function isEffective({ notes, laterMs, ...counts }: Effects): boolean {
  if (Math.abs(laterMs) > NOISE_MS || Object.keys(notes).length > 0) return true
  return Object.values(counts).some((change) => change !== 0)
}
