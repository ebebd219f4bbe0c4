#!/bin/sh
# Starts parallax in a container. A passphrase, where one is mounted, is opened as descriptor 3:
#   keys.passphrase: { descriptor: 3 }
#
# Docker and Kubernetes start again whatever ends, and a node may have ended because its key runs
# elsewhere. After an end that no restart mends this stays, with no process that signs, until it is
# stopped; it is not ready meanwhile. Exit codes: docs/cli.md.
set -u
passphrase=/run/secrets/parallax-passphrase
held=${TMPDIR:-/tmp}/parallax-held
parallax=${PARALLAX_MAIN:-/app/dist/node/cli/main.js}

if [ -r "$passphrase" ]; then exec 3<"$passphrase"; fi

case "${1:-}" in
  run | signer | gateway) ;;
  *) exec node "$parallax" "$@" ;;
esac

rm -f "$held"
stopping=
child=
trap 'stopping=yes; [ -z "$child" ] || kill -TERM "$child"' TERM INT
# Its configuration is read again: docker kill --signal HUP.
trap '[ -z "$child" ] || kill -HUP "$child"' HUP
node "$parallax" "$@" &
child=$!
# A signal that came before there was a child to tell.
[ -z "$stopping" ] || kill -TERM "$child"
code=0
wait "$child" || code=$?
# A signal ends `wait` before the child ends.
while kill -0 "$child" 2>/dev/null; do
  code=0
  wait "$child" || code=$?
done
child=
[ -z "$stopping" ] || exit "$code"

case "$code" in
  2 | 3 | 4 | 9 | 10 | 11 | 12 | 13)
    echo "$code" >"$held"
    echo "exit code $code: starting again would mend nothing; see docs/runbook.md#parallaxnodedown," \
      "mend it, and restart this container" >&2
    while [ -z "$stopping" ]; do
      sleep 86400 &
      child=$!
      [ -z "$stopping" ] || kill -TERM "$child"
      wait "$child"
    done
    ;;
esac
exit "$code"
