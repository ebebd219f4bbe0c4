import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { shownKeyOf } from '../../../../node/sources/shown-keys.ts'

/** For `localhost`, which stands in its subjectAltName alone; its key is nowhere kept. */
const NAMELESS = [
  '-----BEGIN CERTIFICATE-----',
  'MIIBbDCCAROgAwIBAgIUDWv7uwnLZeef4IT2OZesLiOae8IwCgYIKoZIzj0EAwIw',
  'ADAgFw0yNjExMzAxMjA0NTJaGA8yMTI2MTEwNjEyMDQ1MlowADBZMBMGByqGSM49',
  'AgEGCCqGSM49AwEHA0IABEPhTk3Z9vdugdibfjdMLWzsNBD3DjLm6z4JS7SKLDt8',
  'v3+EjLHjUBGQTNheL5jHyQXqgB0B3s/4JMepSC2qQKujaTBnMB0GA1UdDgQWBBTC',
  'Ais+yBxpHs5fsqswq0LnA4/nzDAfBgNVHSMEGDAWgBTCAis+yBxpHs5fsqswq0Ln',
  'A4/nzDAPBgNVHRMBAf8EBTADAQH/MBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAKBggq',
  'hkjOPQQDAgNHADBEAiAs7Mjf1SaMuCQbvRgwOS3B6JkrtFDKAbK078atT56zfAIg',
  'RSht7VvOjryGectSZqRcNtkgpLo+lHh7r5LNyASU7kc=',
  '-----END CERTIFICATE-----',
].join('\n')

test('a certificate without a subject is shown like any other', () => {
  expect(shownKeyOf(new X509Certificate(NAMELESS))).toEqual({
    pin: expect.stringMatching(/^sha256\//),
    subject: '',
    validTo: 'Nov  6 12:04:52 2126 GMT',
  })
})
