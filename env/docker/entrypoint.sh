#!/bin/sh
# Starts the gateway; more words go to it as they are. The password comes from a file (a compose secret), so that it stands in
# no image, no compose file and no list of processes.
set -eu

if [ -n "${GATEWAY_PASSWORD_FILE:-}" ]; then
    API_AUTH="${GATEWAY_USER:-gateway}:$(cat "$GATEWAY_PASSWORD_FILE")"
    export API_AUTH
fi
exec devToolKit.py -gw --host "$GATEWAY_HOST" --port "$GATEWAY_PORT" "$@"
