import { createProgress } from '../../simulations/report/progress.ts'
import type { CrashCommand, Outcome } from './crash-command.ts'
import { conflictsWithoutGuards, type PointsOptions, stopAtPromises } from './points.ts'

/** Stops simulated members at chosen promises, on disks that are kept, lost or older. */
export const points: CrashCommand = {
  usage: 'points [--count 10000] [--seed 1]',
  summary: 'simulated members that end before or after a promise, on a kept, lost or older disk',
  defaults: { count: 10_000, seed: 1 },
  run: async ({ count = 0, seed = 0 }) => judged({ count, seed, disk: 'mixed' }, 'points'),
}

/** Starts simulated members from an older copy of their disk. */
export const backups: CrashCommand = {
  usage: 'backups [--count 1000] [--seed 1]',
  summary: 'simulated members that start from an older copy of their disk',
  defaults: { count: 1_000, seed: 1 },
  run: async ({ count = 0, seed = 0 }) => judged({ count, seed, disk: 'older' }, 'backups'),
}

function judged(options: PointsOptions, label: string): Outcome {
  const conflictsOfControl = conflictsWithoutGuards(options.seed)
  const progress = createProgress(label)
  const result = stopAtPromises({ ...options, onProgress: progress.show })
  progress.end()
  return {
    passed:
      conflictsOfControl > 0 && result.conflicts + result.brokenSilences + result.mistaken === 0,
    figures: { conflictsOfControl, ...result },
  }
}
