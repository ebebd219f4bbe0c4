import { checkSigner } from '../../signer/config.ts'
import { sayChecked } from '../checked-text.ts'
import { command } from '../command.ts'

/** Reads a configuration as a signer does and lists every problem of it. */
export const signerConfigCheck = command({
  name: 'signer config check',
  summary: 'Read a configuration as a signer does, and list every problem of it.',
  argument: 'FILE',
  options: {},
  run: async ({ json }, { argument, stdout }) =>
    sayChecked(await checkSigner(argument), {
      ...{ json, stdout },
      good: ({ file, committee, signer }) => {
        const { network } = committee.params
        const { socket, directory } = signer
        return {
          facts: { network, ...signer },
          text: `${file} is good: network ${network}\nsocket ${socket}\ndirectory ${directory}`,
        }
      },
    }),
})
