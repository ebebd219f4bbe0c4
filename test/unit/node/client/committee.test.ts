import { expect, test } from 'vitest'
import { committeeFrom, ParallaxClient } from '../../../../node/client/client.ts'
import { formatCommittee } from '../../../../node/config/committee-file.ts'
import { certifier, feedsNamed } from '../../../support/certificates.ts'

const { file } = certifier({ feeds: feedsNamed(2) })
const text = formatCommittee(file)
const url = 'https://prices.example'

test('a committee is read from the text of its file, or from what a bundler made of it', () => {
  expect(committeeFrom(text)).toEqual(file)
  expect(committeeFrom(JSON.parse(text))).toEqual(file)
})

test.each<[string, unknown, RegExp]>([
  ['a page instead of the file', '<html>', /is no JSON/],
  ['nothing', undefined, /is empty/],
  ['a file without its key', text.replace('"groupKey"', '"key"'), /key: is not a known key/],
  ['a threshold of its own', text.replace(/"threshold": \d+/, '"threshold": 1'), /threshold: must/],
])('given %s, it is refused with every problem', (_, source, problem) => {
  const refused = expect.objectContaining({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(problem),
  })
  expect(() => committeeFrom(source)).toThrow(refused)
})

test.each<[string, unknown]>([
  ['a file that was not read', JSON.parse(text)],
  ['none', undefined],
])('of committees, a client in JavaScript that is given %s says so', (_, committee) => {
  const refused = expect.objectContaining({
    code: 'CLIENT_OPTION_INVALID',
    context: { option: 'committee' },
  })
  expect(() => new ParallaxClient({ url, committee: committee as typeof file })).toThrow(refused)
})

test('an address with a password, which fetch would refuse with every request, is refused', () => {
  const options = { url: 'https://me:secret@prices.example', committee: file }
  const refused = expect.objectContaining({ context: { option: 'url' } })
  expect(() => new ParallaxClient(options)).toThrow(refused)
})
