import { z } from 'zod'
import { nodeConfigSchema } from './schema.ts'

/**
 * JSON Schema of a node's configuration as its file is written, with defaults: what an editor needs
 * to complete keys and to point at wrong ones. It knows forms and not all rules: what it lets pass,
 * `parallax config check` may still refuse. Draft 7 is what editors know best.
 */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(nodeConfigSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  })
  return { title: 'Configuration of one Parallax oracle', ...schema }
}
