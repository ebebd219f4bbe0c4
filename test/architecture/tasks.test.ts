import { describe, expect, test } from 'vitest'
import { STAGES } from '../../scripts/stages.ts'
import { tasks } from '../support/tasks.ts'
import { projectFiles, read } from './source-files.ts'

const TASKS = tasks()

describe('tasks and stages (docs/adr/0005-node-bootstrap.md)', () => {
  const files = new Set(projectFiles())

  test('every task runs a program that exists', () => {
    expect(TASKS.length).toBeGreaterThan(2)
    expect(TASKS.filter(({ program }) => !files.has(program))).toEqual([])
  })

  test('every script of package.json goes through start.mjs, and every task has one', () => {
    const scripts = Object.entries(JSON.parse(read('package.json')).scripts)
    expect(scripts).toEqual(TASKS.map(({ name }) => [name, `node start.mjs ${name}`]))
  })

  test('every folder of tests is a stage of the gate', () => {
    const folders = [...files]
      .filter((path) => /^test\/[^/]+\/.*\.test\.ts$/.test(path))
      .map((path) => path.split('/')[1])
    const stages = STAGES.map((stage) => stage.name)
    expect([...new Set(folders)].filter((folder) => !stages.includes(folder ?? ''))).toEqual([])
  })

  test('set-up imports nothing but Node and itself', () => {
    const setUp = ['start.mjs', ...projectFiles().filter((path) => /^scripts\/.+\.mjs$/.test(path))]
    const specifiers = setUp.flatMap((path) =>
      [...read(path).matchAll(/(?:from |import\()'([^']+)'/g)].map((match) => match[1] ?? ''),
    )
    expect(specifiers.length).toBeGreaterThan(5)
    expect(specifiers.filter((name) => !/^(?:node:|\.\/)/.test(name))).toEqual([])
  })

  test('start.mjs can be parsed by a Node that is too old for the rest', () => {
    // Import declarations, optional chaining and top-level await would end in a syntax error.
    expect(read('start.mjs')).not.toMatch(/^import |\?\.|\?\?|^await |\$\{/m)
  })
})
