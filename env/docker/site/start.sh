#!/bin/sh
# Starts what the first word says, gateway or worker, for the site SITE; more words go to it as they are. Passwords come from
# files (compose secrets), so that they stand in no image, no compose file and no list of processes.
set -eu

role="$1"
shift
case "$role" in
gateway)
    if [ -n "${GATEWAY_PASSWORD_FILE:-}" ]; then
        API_AUTH="${GATEWAY_USER:-gateway}:$(cat "$GATEWAY_PASSWORD_FILE")"
        export API_AUTH
    fi
    exec devToolKit.py -gw --host "$GATEWAY_HOST" --port "$GATEWAY_PORT" --site-name "$SITE" "$@"
    ;;
worker)
    exec devToolKit.py --site "$SITE" --broker "$BROKER_FILE" --metrics "$WORKER_METRICS_PORT" "$@"
    ;;
*)
    echo "start.sh: $role is neither gateway nor worker" >&2
    exit 2
    ;;
esac
