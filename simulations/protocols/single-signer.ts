import type { CreateProtocolMember } from '../protocol/member.ts'

/**
 * A feed of one provider, as first-party oracles have it (API3's signed data): it signs what it
 * sees at the tick and sends it to all who read. It tolerates no fault: readers believe it.
 *
 * Each round has another member as its provider, so that figures are means over the choice of one.
 * Left out: what stores and forwards signed data between provider and reader.
 */
export const createSingleSigner: CreateProtocolMember = (port) => ({
  onStart: () => undefined,
  onRound: (round) => {
    if (round % port.size !== port.member) return
    const observed = [{ member: port.member, values: port.observe(round) }]
    port.broadcast({ type: 'observation', round, epoch: 0, observed, signatures: 0 })
  },
  onMessage: (from, { round, observed = [] }) => {
    if (round % port.size !== from) return
    for (const { values } of observed) port.certify({ round, report: values, attempt: 'first' })
  },
  onAlarm: () => undefined,
})
