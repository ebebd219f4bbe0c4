import type { Context } from '../../aggregator/context.ts'
import type { Machine, MachineOptions } from '../../aggregator/machine.ts'
import { filtered, spoilt, type Variant } from '../variant.ts'
import { createLooseSigner } from '../world/loose-signer.ts'
import type { Signer, SignerOptions } from '../world/signer.ts'

/** Bugs in what a process keeps and forgets (protocol §2.4, §10). */
export const DURABILITY_VARIANTS: readonly Variant[] = [
  {
    name: 'no-silence-after-a-start',
    summary: 'a process speaks in the rounds that an earlier one may have spoken in (§10.3)',
    plants: {
      createMachine: spoilt((machine, event) => {
        if (event.type !== 'started') machine.state.barrier = 0
      }),
      createSigner: createLooseSigner,
    },
  },
  {
    name: 'every-clock-is-believed',
    summary: 'a clock that goes far ahead is believed at once, and promised by (§4.6)',
    plants: {
      createMachine: spoilt((machine) => {
        machine.state.unseen = Number.MIN_SAFE_INTEGER
      }),
    },
  },
  {
    name: 'promises-stay-in-memory',
    summary: 'messages and shares leave before their promise is durable (§10.1)',
    plants: {
      createMachine: filtered((effect) => (effect.type === 'persist' ? null : effect)),
      createSigner: createLooseSigner,
    },
  },
  {
    name: 'one-nonce-for-all-slots',
    summary: 'the signer commits to one nonce pair for all slots of a round (§5.1, §10.2)',
    plants: { createSigner: signerOfOneNonce },
  },
  {
    name: 'rounds-never-forgotten',
    summary: 'rounds behind the window are kept (§4.2, §13)',
    plants: {
      createMachine: spoilt((machine) => {
        machine.state.rounds.deleteWhere = () => undefined
      }),
    },
  },
  {
    name: 'remembers-what-nobody-told-it',
    summary: 'an effect depends on what other processes did, which no event says (§10.4)',
    plants: { createMachine: machineWithHiddenState },
  },
]

/** Effects so far of all processes of one committee. */
const effectsOf = new WeakMap<Context, number>()

/** Every 64th alarm of a committee comes a millisecond later. */
function machineWithHiddenState(options: MachineOptions): Machine {
  return filtered((effect) => {
    if (effect.type !== 'setAlarm') return effect
    const effects = (effectsOf.get(options.context) ?? 0) + 1
    effectsOf.set(options.context, effects)
    return effects % 64 === 0 ? { ...effect, atMs: effect.atMs + 1 } : effect
  })(options)
}

/** Refuses nothing, and answers in every slot with the nonces of the first. */
function signerOfOneNonce(options: SignerOptions): Signer {
  const signer = createLooseSigner(options)
  return {
    ...signer,
    commitments: (round) => {
      const [first] = signer.commitments(round)
      return [first, first, first]
    },
    sign: (request) => signer.sign({ ...request, slot: 0 }),
  }
}
