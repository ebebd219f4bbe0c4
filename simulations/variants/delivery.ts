import { dueFeedsOf } from '../../aggregator/delivery/due.ts'
import { filtered, spoilt, type Variant } from '../variant.ts'

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
    name: 'believes-the-chain-for-good',
    summary: 'a member never looks again at a contract where nothing is due to it (§8.2)',
    plants: {
      createMachine: spoilt(({ state }, { nowMs }) => {
        for (const target of state.targets.values()) target.readMs = nowMs
      }),
    },
  },
  {
    name: 'turns-lapse',
    summary: 'a turn to transmit is forgotten when nothing is due for a moment (§8.2)',
    plants: {
      createMachine: (options) =>
        spoilt(({ state }) => {
          const { feeds } = options.context.committee.params
          const { best, targets } = state
          if (best === null) return
          for (const target of targets.values()) {
            const isDue = dueFeedsOf(feeds, best.message, target.feeds).length > 0
            if (target.activity === 'idle' && !isDue) target.turnMs = null
          }
        })(options),
    },
  },
  {
    name: 'only-the-first-listed-delivers',
    summary: 'members leave delivery to the one that is listed first (§8.2)',
    plants: {
      createMachine: (options) =>
        filtered((effect) => (effect.type === 'transmit' && options.self > 0 ? null : effect))(
          options,
        ),
    },
  },
]
