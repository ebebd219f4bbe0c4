import { describe, expect, test } from 'vitest'
import { explore } from '../model/explore.ts'
import { type SceneName, type Spoiler, sceneOf } from '../model/scenes.ts'

const STATES_MAX = 30_000

describe('every order of a few events at one real machine (protocol §6, §10)', () => {
  test('no rule is broken when two members propose', () => {
    const { broken, isComplete, reached } = explore(sceneOf('proposed', { statesMax: STATES_MAX }))
    expect(broken).toBeNull()
    expect(isComplete).toBe(true)
    expect(reached.signed).toBeGreaterThan(0)
    expect(reached.closed).toBeGreaterThan(0)
  })

  test.each<readonly [Spoiler, SceneName, string]>([
    ['unlocked', 'proposed', 'two promises of share'],
    ['forgetful', 'restarting', 'a message in a silent round'],
    ['hasty', 'observing', 'without its promise'],
    ['accusing', 'observing', 'a late notice names an honest one that was in time'],
  ])('%s: that a rule is missing is found in the scene %s', (spoiler, name, rule) => {
    const { broken } = explore(sceneOf(name, { spoiler, statesMax: STATES_MAX }))
    expect(broken?.rule).toContain(rule)
  })
})
