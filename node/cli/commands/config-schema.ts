import { configJsonSchema } from '../../config/json-schema.ts'
import { command } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'

/** Prints the JSON Schema of node.yaml, for editors. */
export const configSchema = command({
  name: 'config schema',
  summary: 'Print the JSON Schema of a configuration, with which editors complete it.',
  options: {},
  run: async ({ json }, { stdout }) => {
    stdout.write(`${JSON.stringify(configJsonSchema(), null, json ? 0 : 2)}\n`)
    return EXIT_DONE
  },
})
