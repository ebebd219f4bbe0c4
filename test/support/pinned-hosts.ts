/**
 * Keys and certificates for `localhost`, valid until 2126, to test pins with: `first` and `second`
 * are by one root, `stranger` by another root of the same name. Made by `openssl req -x509 -newkey
 * ec` and `openssl x509 -req` with `subjectAltName=DNS:localhost,IP:127.0.0.1`. They protect
 * nothing.
 */
export const PINNED = {
  first: {
    key: [
      '-----BEGIN PRIVATE KEY-----',
      'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgY5axOFBQEhugbMht',
      'SXrE2edy1d/p1EO2mrKcn8WF5WOhRANCAARw4b6QuQfJk0YH+qJtyrqb+3lcJM3s',
      'OSH/+EpP434WGwRmK3MB6jp+GP9ycQoZYcnTNL/7Cq7Wd94tz6AU5Gj4',
      '-----END PRIVATE KEY-----',
    ].join('\n'),
    cert: [
      '-----BEGIN CERTIFICATE-----',
      'MIIBmDCCAT6gAwIBAgIULV3unARpvnZIsCL/LlIJtnkXhf0wCgYIKoZIzj0EAwIw',
      'FDESMBAGA1UEAwwJdGVzdCByb290MCAXDTI2MTEzMDEwNTI0MloYDzIxMjYxMTA2',
      'MTA1MjQyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO',
      'PQMBBwNCAARw4b6QuQfJk0YH+qJtyrqb+3lcJM3sOSH/+EpP434WGwRmK3MB6jp+',
      'GP9ycQoZYcnTNL/7Cq7Wd94tz6AU5Gj4o2wwajAaBgNVHREEEzARgglsb2NhbGhv',
      'c3SHBH8AAAEwDAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQUMBP6VlZj8Fs8GoK3fYam',
      '0gBcpgwwHwYDVR0jBBgwFoAU7Wqfj5D6E09pvyvKwhLxDrynztMwCgYIKoZIzj0E',
      'AwIDSAAwRQIgeuotofQr2X/gQfz7iICZjgfam4nIhBVTCvPRCDne5JUCIQDqZLDN',
      'tzWb4kFsI6ff1XhlqE6T4s0Uo4L2jpsKs3YiCw==',
      '-----END CERTIFICATE-----',
    ].join('\n'),
  },
  second: {
    key: [
      '-----BEGIN PRIVATE KEY-----',
      'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNCCU3Ft0E2SoVTkj',
      'Vlr46kGYqedcFNnx/rCLOtV//oehRANCAAQ2ENVmbc+CSgtJStCMfkX4bcrFGeD+',
      'uh7KBgGta70DVARVq8gZ62D1zqi0ZJ4uB/y/dPpo07Z9tsfqG/8QC3we',
      '-----END PRIVATE KEY-----',
    ].join('\n'),
    cert: [
      '-----BEGIN CERTIFICATE-----',
      'MIIBmDCCAT6gAwIBAgIULV3unARpvnZIsCL/LlIJtnkXhf4wCgYIKoZIzj0EAwIw',
      'FDESMBAGA1UEAwwJdGVzdCByb290MCAXDTI2MTEzMDEwNTI0MloYDzIxMjYxMTA2',
      'MTA1MjQyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO',
      'PQMBBwNCAAQ2ENVmbc+CSgtJStCMfkX4bcrFGeD+uh7KBgGta70DVARVq8gZ62D1',
      'zqi0ZJ4uB/y/dPpo07Z9tsfqG/8QC3weo2wwajAaBgNVHREEEzARgglsb2NhbGhv',
      'c3SHBH8AAAEwDAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQUVkVzfGM3SrN+RsFlH1eZ',
      'X7ok/GkwHwYDVR0jBBgwFoAU7Wqfj5D6E09pvyvKwhLxDrynztMwCgYIKoZIzj0E',
      'AwIDSAAwRQIgew1gbjtU8je2PS07NjeblJK85BNqZHmSuIBBQxZaRVACIQDLZfpF',
      'cee9JzUm+6qjzx8GOCRKe1KdrxajtfqMf8Z0mA==',
      '-----END CERTIFICATE-----',
    ].join('\n'),
  },
  stranger: {
    key: [
      '-----BEGIN PRIVATE KEY-----',
      'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjIi+fmCRlDHcb9MO',
      'QqHbeiS0IJ+frgdjHGtz8MeVD3mhRANCAAS2v/Hpi4VDULgQcc7ABkLa09NSy0qG',
      '+wdq3SMlNKvwatxqDX492MdWqTMPqgQ5AsKn8mKL3xUyoJqsgWEFBAhx',
      '-----END PRIVATE KEY-----',
    ].join('\n'),
    cert: [
      '-----BEGIN CERTIFICATE-----',
      'MIIBmTCCAT6gAwIBAgIUXPT5hwB0OQ/SKsuc3wAiTZKEgUswCgYIKoZIzj0EAwIw',
      'FDESMBAGA1UEAwwJdGVzdCByb290MCAXDTI2MTEzMDEwNTI0M1oYDzIxMjYxMTA2',
      'MTA1MjQzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO',
      'PQMBBwNCAAS2v/Hpi4VDULgQcc7ABkLa09NSy0qG+wdq3SMlNKvwatxqDX492MdW',
      'qTMPqgQ5AsKn8mKL3xUyoJqsgWEFBAhxo2wwajAaBgNVHREEEzARgglsb2NhbGhv',
      'c3SHBH8AAAEwDAYDVR0TAQH/BAIwADAdBgNVHQ4EFgQUe0S7/jAuLlhkj8+5vz15',
      'HkI2KvIwHwYDVR0jBBgwFoAUTJWJX6nvHk0oumCaCUx/tC6uWLgwCgYIKoZIzj0E',
      'AwIDSQAwRgIhAIcon2bWs8LRzDS+/jL7siehLiX6ECuXGTySlGov06x5AiEArEgp',
      'vmztv3s1xBvVSLXiT+SoTNQx3IrOpcHL15c90n0=',
      '-----END CERTIFICATE-----',
    ].join('\n'),
  },
  roots: {
    one: [
      '-----BEGIN CERTIFICATE-----',
      'MIIBgDCCASWgAwIBAgIUPgr7BVzh25IB92Gf8Dw+UfqRJcYwCgYIKoZIzj0EAwIw',
      'FDESMBAGA1UEAwwJdGVzdCByb290MCAXDTI2MTEzMDEwNTI0MloYDzIxMjYxMTA2',
      'MTA1MjQyWjAUMRIwEAYDVQQDDAl0ZXN0IHJvb3QwWTATBgcqhkjOPQIBBggqhkjO',
      'PQMBBwNCAAR9acGJaXMookP8vqumfj4v5p1wzFC4cI30CdlGCoMAMekGHfQaVmgZ',
      'SwXczC0aP6E/dY9FBN0N9EKdiLmq+DMNo1MwUTAdBgNVHQ4EFgQU7Wqfj5D6E09p',
      'vyvKwhLxDrynztMwHwYDVR0jBBgwFoAU7Wqfj5D6E09pvyvKwhLxDrynztMwDwYD',
      'VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAvX/XBgnsNOBQtIUrFzVv',
      '1m2kIqL32IOdU+nWhHALBcoCIQCHHY0N/gP1Ez56h9XwquHjMear4YYXGEtKzoPP',
      'XqTYAQ==',
      '-----END CERTIFICATE-----',
    ].join('\n'),
    two: [
      '-----BEGIN CERTIFICATE-----',
      'MIIBfjCCASWgAwIBAgIUTwFE23kxvMRd1xKympGlUBdub/MwCgYIKoZIzj0EAwIw',
      'FDESMBAGA1UEAwwJdGVzdCByb290MCAXDTI2MTEzMDEwNTI0MloYDzIxMjYxMTA2',
      'MTA1MjQyWjAUMRIwEAYDVQQDDAl0ZXN0IHJvb3QwWTATBgcqhkjOPQIBBggqhkjO',
      'PQMBBwNCAATqpCge/tHeuQizj1staisaIsBu99HfaPolpW7snHqS7fPgSjicffx8',
      'kGsDVE4i8Dz9C0ONTAoVDR7ZEYMnoVUFo1MwUTAdBgNVHQ4EFgQUTJWJX6nvHk0o',
      'umCaCUx/tC6uWLgwHwYDVR0jBBgwFoAUTJWJX6nvHk0oumCaCUx/tC6uWLgwDwYD',
      'VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAh7E3to1OEVPDTAWPgvkCw',
      'ZwIbq36LPcigqABBsiS2qgIgGXCBg99m6sEm5IaBm15dbjue7//nROyRb0J5D4uj',
      'qVE=',
      '-----END CERTIFICATE-----',
    ].join('\n'),
  },
} as const
