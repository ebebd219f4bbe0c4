import type { FastifyInstance } from 'fastify'

const LOOK_EVERY_MS = 1_000

/** Has readers looked at about once a second, from when the server listens until it closes. */
export function lookAround(app: FastifyInstance, look: () => void): void {
  let looking: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    looking = setInterval(look, LOOK_EVERY_MS)
  })
  app.addHook('preClose', async () => clearInterval(looking))
}
