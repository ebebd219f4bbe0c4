import type { Context } from '../../aggregator/context.ts'
import { believing, spoilt, type Variant } from '../variant.ts'
import { createLooseSigner } from '../world/loose-signer.ts'

const withCrypto = (change: (crypto: Context['crypto']) => Context['crypto']) => ({
  context: (context: Context): Context => ({ ...context, crypto: change(context.crypto) }),
})

/** Bugs in what a report is made of and who signs it (protocol §2.4, §5, §6.3, §6.7). */
export const AGREEMENT_VARIANTS: readonly Variant[] = [
  {
    name: 'one-value-is-enough',
    summary: 'one observation with a value is enough for a feed (§6.3 wants 2f+1)',
    plants: believing(({ committee }) => ({ ...committee, observationQuorum: 1 })),
  },
  {
    name: 'any-time-counts',
    summary: 'observations count whatever their time says (§5.1)',
    plants: believing(({ committee }) => ({
      ...committee,
      params: {
        ...committee.params,
        timing: { ...committee.params.timing, clockSkewMsMax: 10_000 },
      },
    })),
  },
  {
    name: 'any-certificate',
    summary: 'any 65 bytes are a signature of the group (§5.5)',
    plants: withCrypto((crypto) => ({
      ...crypto,
      threshold: { ...crypto.threshold, verify: () => true },
    })),
  },
  {
    name: 'any-sender',
    summary: 'the signature under a message is not checked (§5)',
    plants: withCrypto((crypto) => ({ ...crypto, verifyMessage: () => true })),
  },
  {
    name: 'signs-twice',
    summary:
      'a member forgets what it signed when the next proposal comes; its signer asks nothing',
    plants: {
      createMachine: spoilt((machine, event) => {
        if (event.type !== 'received' || event.message.message.type !== 'proposal') return
        for (const round of machine.state.rounds.values()) round.signed = null
      }),
      createSigner: createLooseSigner,
    },
  },
  {
    name: 'includes-whom-it-likes',
    summary: 'nobody has to be included, and a complete pair binds no proposer (§6.7)',
    plants: {
      createMachine: spoilt((machine, event) => {
        if (event.type !== 'received' || event.message.message.type !== 'proposal') return
        for (const round of machine.state.rounds.values()) {
          round.included = 0
          round.isCompleteInTime = false
        }
      }),
    },
  },
]
