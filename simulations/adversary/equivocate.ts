import type { Observation } from '../../aggregator/messages/messages.ts'
import type { Adversary, Copy, Powers, Strategy } from '../attacking/adversary.ts'

/** The same observation with every value a tenth higher. */
function contradiction(observation: Observation): Observation {
  const values = observation.values.map((value) => (value === null ? null : (value * 11n) / 10n))
  return { ...observation, values }
}

function create(powers: Powers): Adversary {
  const send = (planned: readonly Copy[]): readonly Copy[] => {
    const first = planned[0]?.message.message
    if (first?.type !== 'observation') return planned
    const other = powers.sign(contradiction(first))
    return planned.map((copy, position) =>
      position % 2 === 0 ? copy : { ...copy, message: other },
    )
  }
  return { name: 'equivocate', send }
}

export const equivocate: Strategy = {
  name: 'equivocate',
  summary: 'tells every other member another value, so that they would certify different reports',
  create,
}
