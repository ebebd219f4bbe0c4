import { loadSettings } from '../../config/load.ts'
import { codeOf } from '../../errors.ts'
import type { SourcesConfig } from '../../sources/config.ts'
import { HOST_SOURCES } from '../../sources/host.ts'
import type { PinnableVenue } from '../../sources/pinnable-hosts.ts'
import { pinnableVenues } from '../../sources/pinnable-hosts.ts'
import { DERIVATIVE_VENUE_NAMES } from '../../sources/registry.ts'
import type { ShownKey } from '../../sources/shown-keys.ts'
import { shownKeys } from '../../sources/shown-keys.ts'
import { columns } from '../columns.ts'
import type { CommandContext } from '../command.ts'
import { command } from '../command.ts'
import { EXIT_DONE } from '../exit-codes.ts'

/** What one host of a venue shows, or why it shows nothing. */
interface HostKeys {
  readonly venue: string
  readonly host: string
  readonly pins: readonly string[]
  readonly keys: readonly ShownKey[]
  readonly code: string
}

/** Shows the keys of venues, for an operator who wants to pin them. */
export const venuesPins = command({
  name: 'venues pins',
  summary: 'Show the TLS keys of the venues that a configuration asks, as pins.',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      required: true,
      describe: "the node's configuration",
    },
  },
  run: async ({ config: file, json }, context) => {
    const { config } = await loadSettings(file)
    const hosts = venuesInUse(config.sources).flatMap((asked) =>
      asked.urls.map((url) => keysOf({ asked, url }, context)),
    )
    const shown = await Promise.all(hosts)
    const text = json ? JSON.stringify({ file, hosts: shown }) : textOf(shown)
    context.stdout.write(`${text}\n`)
    return EXIT_DONE
  },
})

/** Venues that a leg names, and venues of derivatives, where they are enabled. */
function venuesInUse(sources: SourcesConfig): readonly PinnableVenue[] {
  const sections = [...sources.conversions, ...Object.values(sources.feeds)]
  const named = new Set(sections.flatMap(({ legs }) => legs.map(({ venue }) => venue)))
  return pinnableVenues(sources).filter(
    ({ venue, config }) => config.enabled && (named.has(venue) || isOfDerivatives(venue)),
  )
}

function isOfDerivatives(venue: string): boolean {
  return DERIVATIVE_VENUE_NAMES.includes(venue)
}

async function keysOf(
  { asked, url }: { readonly asked: PinnableVenue; readonly url: URL },
  { signal }: CommandContext,
): Promise<HostKeys> {
  const { venue, config } = asked
  const { access, timeoutMs, pins } = config
  const about = { venue, host: url.host, pins: pins[url.hostname] ?? [] }
  try {
    const options = { url, access, timeoutMs, lookup: HOST_SOURCES.lookup, signal }
    return { ...about, keys: await shownKeys(options), code: 'OK' }
  } catch (error) {
    return { ...about, keys: [], code: codeOf(error) }
  }
}

function textOf(hosts: readonly HostKeys[]): string {
  const rows = hosts.flatMap(({ venue, host, pins, keys, code }) => {
    if (keys.length === 0) return [[venue, host, code, '', '']]
    return keys.map(({ pin, subject, validTo }, index) => {
      const marks = pins.includes(pin) ? 'pinned' : ''
      return [...(index === 0 ? [venue, host] : ['', '']), pin, marks, `${subject}, to ${validTo}`]
    })
  })
  return columns([['VENUE', 'HOST', 'PIN', '', 'CERTIFICATE'], ...rows])
}
