import { z } from 'zod'
import { TOKEN_FAULTS } from '../keys/token-faults.ts'
import type { TokenKeyName } from './open-token.ts'

/** What the process of a module is told: first to open, then to sign, one after another. */
export type ToChild =
  | { readonly type: 'open'; readonly name: TokenKeyName; readonly pin: Uint8Array }
  | { readonly type: 'sign'; readonly digest: Uint8Array }

/** A vendor's code runs there, so it is read like what comes from outside. */
export const fromChildSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('opened') }),
  z.strictObject({
    type: z.literal('signed'),
    signature: z.custom<Uint8Array>((it) => it instanceof Uint8Array && it.length === 64),
  }),
  z.strictObject({
    type: z.literal('failed'),
    code: z.enum(TOKEN_FAULTS),
    message: z.string().max(20_000),
  }),
])

export type FromChild = z.output<typeof fromChildSchema>
