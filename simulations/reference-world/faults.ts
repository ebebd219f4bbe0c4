import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { Clock } from '../world/clock.ts'
import type { ReferenceWorld } from './world.ts'

type Fault = Scenario['faults'][number]

/** Plans the faults of a scenario; those of promises are of ours alone. */
export function planReferenceFaults(
  world: ReferenceWorld,
  faults: Scenario['faults'],
  clocks: readonly Clock[],
): void {
  for (const fault of faults) {
    for (const member of fault.members) {
      if (fault.type === 'crash') planCrash(world, fault, member)
      else if (fault.type !== 'stop') planClockFault(world, fault, { member, clocks })
    }
  }
}

function planClockFault(
  world: ReferenceWorld,
  fault: Extract<Fault, { type: 'clockShift' | 'clockDrift' }>,
  { member, clocks }: { readonly member: MemberIndex; readonly clocks: readonly Clock[] },
): void {
  world.at(fault.atMs * 1_000, () => {
    const clock = clocks[member]
    if (fault.type === 'clockShift') clock?.shift(world.nowUs, Math.round(fault.byMs * 1_000))
    else clock?.setDrift(world.nowUs, fault.driftPpm)
    world.planRound(member)
  })
}

function planCrash(
  world: ReferenceWorld,
  fault: Extract<Fault, { type: 'crash' }>,
  member: MemberIndex,
): void {
  const { atMs, restartMs, everyMs, disk } = fault
  const planOne = (fromUs: number): void => {
    // An older disk has an epoch that has passed, which is as good as none.
    world.at(fromUs, () => world.crash(member, disk === 'kept' ? 'kept' : 'lost'))
    if (restartMs === undefined) return
    world.at(fromUs + (restartMs - atMs) * 1_000, () => {
      world.start(member)
      if (everyMs !== undefined) planOne(fromUs + everyMs * 1_000)
    })
  }
  planOne(atMs * 1_000)
}
