#!/bin/sh
# Probes of a container: `ready` (node, gateway), `alive` (node, gateway), `signer`.
# One that is held (entrypoint.sh) is not ready, but alive: it must not be started again.
set -u
held=${TMPDIR:-/tmp}/parallax-held
api=http://127.0.0.1:${PARALLAX_API_PORT:-8080}

answers() {
  node -e "fetch('$1', { signal: AbortSignal.timeout(5000) })
    .then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"
}

case "${1:-}" in
  ready) [ ! -e "$held" ] && answers "$api/readyz" ;;
  alive) [ -e "$held" ] || answers "$api/healthz" ;;
  signer) [ ! -e "$held" ] && [ -S /run/parallax/signer/signer.sock ] ;;
  *)
    echo "usage: health.sh ready|alive|signer" >&2
    exit 2
    ;;
esac
