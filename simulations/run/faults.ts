import type { MemberIndex } from '../../aggregator/values/ids.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { Clock } from '../world/clock.ts'
import { copyDisk, type Disk, emptyDisk } from '../world/disk.ts'
import type { World } from '../world/world.ts'

type Fault = Scenario['faults'][number]
type Crash = Extract<Fault, { type: 'crash' }>
type Stop = Extract<Fault, { type: 'stop' }>

/** How old a disk is that is restored with `older`. */
const OLDER_BY_US = 15_000_000

/** Plans the faults of a scenario in a world that has not started yet. */
export function planFaults(world: World, faults: readonly Fault[], clocks: readonly Clock[]): void {
  for (const fault of faults) {
    for (const member of fault.members) {
      if (fault.type === 'crash') planCrash(world, fault, member)
      else if (fault.type === 'stop') planStop(world, fault, member)
      else planClockFault(world, fault, { member, clock: clocks[member] as Clock })
    }
  }
}

function planClockFault(
  world: World,
  fault: Exclude<Fault, Crash | Stop>,
  of: { readonly member: MemberIndex; readonly clock: Clock },
): void {
  world.at(fault.atMs * 1_000, () => {
    if (fault.type === 'clockShift') of.clock.shift(world.nowUs, Math.round(fault.byMs * 1_000))
    else of.clock.setDrift(world.nowUs, fault.driftPpm)
    world.hosts[of.member]?.replanAlarm()
  })
}

/** Ends a process at one of its promises; it comes back with the disk that the fault says. */
function planStop(world: World, fault: Stop, member: MemberIndex): void {
  const host = world.hosts[member]
  if (host === undefined) return
  let snapshot: Disk = emptyDisk()
  // An older disk is at most two such times old; a copy at every promise would cost too much.
  const copy = (): void => {
    snapshot = copyDisk(host.disk)
    world.at(world.nowUs + OLDER_BY_US, copy)
  }
  if (fault.disk === 'older') world.at(0, copy)
  host.stops.plan({
    promise: fault.promise,
    when: fault.when,
    onEnd: () => {
      if (fault.disk === 'lost') host.disk = emptyDisk()
      if (fault.disk === 'older') host.disk = copyDisk(snapshot)
      world.at(world.nowUs + fault.downMs * 1_000, () => host.start())
    },
  })
}

function planCrash(world: World, fault: Crash, member: MemberIndex): void {
  const host = world.hosts[member]
  if (host === undefined) return
  const planOne = (atUs: number): void => {
    let before: Disk = emptyDisk()
    if (fault.disk === 'older') {
      world.at(atUs - OLDER_BY_US, () => {
        before = copyDisk(host.disk)
      })
    }
    world.at(atUs, () => {
      host.crash()
      if (fault.disk === 'lost') host.disk = emptyDisk()
      if (fault.disk === 'older') host.disk = before
    })
    if (fault.restartMs === undefined) return
    const downUs = (fault.restartMs - fault.atMs) * 1_000
    world.at(atUs + downUs, () => {
      host.start()
      if (fault.everyMs !== undefined) planOne(atUs + fault.everyMs * 1_000)
    })
  }
  planOne(fault.atMs * 1_000)
}
