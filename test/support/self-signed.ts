/**
 * A certificate that nobody vouches for, with its key: for `localhost`, valid until 2126, made by
 * `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500
 * -subj /CN=localhost`. It protects nothing.
 */
export const SELF_SIGNED = {
  key: [
    '-----BEGIN PRIVATE KEY-----',
    'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgfswtDwqnmIzxf9AX',
    'HKHdC0YrQMgoRSDxNR4dM/9Q1aehRANCAAThVVYFWlPrn4wAgZBzkODx/FX3gWEO',
    'NAC0Zlk0yydK6QhfxQW77/Q0YXgByQ1Lh/SydXhO7t0KkDpspa8CJ06T',
    '-----END PRIVATE KEY-----',
  ].join('\n'),
  cert: [
    '-----BEGIN CERTIFICATE-----',
    'MIIBmjCCAUGgAwIBAgIUQN4wzdYUu1rTcE/XbyxGq52AtdYwCgYIKoZIzj0EAwIw',
    'FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA5NDI1MVoYDzIxMjYxMDI4',
    'MDk0MjUxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO',
    'PQMBBwNCAAThVVYFWlPrn4wAgZBzkODx/FX3gWEONAC0Zlk0yydK6QhfxQW77/Q0',
    'YXgByQ1Lh/SydXhO7t0KkDpspa8CJ06To28wbTAdBgNVHQ4EFgQUCCXCV+dv1X+l',
    '7WgKtnDyIZq8oB4wHwYDVR0jBBgwFoAUCCXCV+dv1X+l7WgKtnDyIZq8oB4wDwYD',
    'VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI',
    'zj0EAwIDRwAwRAIgCNXxAEZuh7rVVJGxxMuNX1mpd5xC7oAS2MJAhwhPhtQCIFKH',
    '5UO5ZGeSNf/B02gswQBayMum6UoMMfxxmI2LL8Vj',
    '-----END CERTIFICATE-----',
  ].join('\n'),
}
