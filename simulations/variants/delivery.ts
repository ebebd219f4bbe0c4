import { spoilt, type Variant } from '../variant.ts'

/** Bugs of delivery, in the contract and in the turns to transmit (protocol §8). */
export const DELIVERY_VARIANTS: readonly Variant[] = [
  {
    name: 'contract-takes-older-rounds',
    summary: 'the contract stores a report whatever round it holds already (§8.3)',
    plants: { contract: { takesOlder: true } },
  },
  {
    name: 'contract-checks-no-signature',
    summary: 'the contract stores what anybody says that the committee signed (§8.1)',
    plants: { contract: { takesUnsigned: true } },
  },
  {
    name: 'only-the-first-delivers',
    summary: 'a member whose turn to transmit is not the first forgets it (§8.2)',
    plants: {
      createMachine: spoilt(({ state }, { nowMs }) => {
        for (const target of state.targets.values()) {
          if (target.activity === 'idle' && (target.turnMs ?? 0) > nowMs) target.turnMs = null
        }
      }),
    },
  },
]
