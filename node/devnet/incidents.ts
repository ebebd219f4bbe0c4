import { request } from 'undici'
import { z } from 'zod'
import { OracleError } from '../errors.ts'
import type { LocalNetwork } from './network.ts'

const stateSchema = z.object({ incidentsFromMs: z.number() })

/**
 * Begins the script of incidents at the local market; nothing happens with the real venues.
 *
 * @returns when it began, in Unix milliseconds; null without a local market
 * @throws {OracleError} `DEVNET_MARKET_SILENT`
 */
export async function beginIncidents(
  network: Pick<LocalNetwork, 'marketUrl'>,
): Promise<number | null> {
  if (network.marketUrl === null) return null
  const { statusCode, body } = await request(`${network.marketUrl}/control/begin`, {
    method: 'PUT',
  })
  const state: unknown = await body.json()
  const parsed = stateSchema.safeParse(state)
  if (statusCode === 200 && parsed.success) return parsed.data.incidentsFromMs
  throw new OracleError('DEVNET_MARKET_SILENT', `the market answered ${statusCode} to a beginning`)
}
