#!/bin/sh
# Ends with 0 when Redis answers one who knows the password.
set -eu

REDISCLI_AUTH="$(cat /run/secrets/broker_password)"
export REDISCLI_AUTH
answer="$(redis-cli --tls --cacert /run/secrets/ca.crt -h localhost -p 6379 ping)"
[ "$answer" = PONG ]
