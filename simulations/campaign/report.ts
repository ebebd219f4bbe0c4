export const CAMPAIGNS = ['canary', 'safety', 'liveness', 'coverage', 'bias', 'blame'] as const
export type Campaign = (typeof CAMPAIGNS)[number]

export interface CampaignOptions {
  readonly campaign: Campaign
  /** First seed, and how many; of a canary, the most that are tried for each. */
  readonly from: number
  readonly seeds: number
  readonly rounds: number
  readonly workers: number
  /** Where shrunk scenarios of failing seeds are written. */
  readonly out: string
  readonly isJson: boolean
}

/** What a campaign found; `isHeld` is what decides its exit code. */
export interface CampaignReport {
  readonly campaign: Campaign
  readonly isHeld: boolean
  /** False when it was stopped before its end. */
  readonly isComplete: boolean
  readonly lines: readonly string[]
  readonly figures: Readonly<Record<string, unknown>>
}
