import { encodeCertificate } from '../../aggregator/messages/codec.ts'
import type { Certificate } from '../../aggregator/messages/messages.ts'
import { listMembers } from '../../aggregator/values/ids.ts'
import type { Adversary, Powers, Strategy } from '../attacking/adversary.ts'

/** Takes the latest certificate, moves it to the open round, and guesses a signature. */
function create(powers: Powers): Adversary {
  let latest: Certificate | null = null
  return {
    name: 'forge-certificate',
    see: ({ message }) => {
      if (message.type === 'certificate') latest = message
    },
    roundOpened: (round) => {
      const [from] = listMembers(powers.members)
      if (latest === null || from === undefined) return
      const { committee } = powers.context
      const forged: Certificate = {
        ...latest,
        round,
        timestampMs: powers.nowMs(),
        signature: powers.prng.bytes(65),
      }
      const bytes = encodeCertificate(committee, forged)
      for (let to = 0; to < committee.size; to++) if (to !== from) powers.replay(from, to, bytes)
    },
  }
}

export const forgeCertificate: Strategy = {
  name: 'forge-certificate',
  summary: 'sends certificates that the committee never signed',
  create,
}
