#!/bin/sh
# Starts Redis with the password of a secret, which so stands in no image, no compose file and no list of processes.
set -eu

umask 077
{
    cat /etc/micros/redis.conf
    printf '\nrequirepass %s\n' "$(cat /run/secrets/broker_password)"
} >/tmp/redis.conf
exec redis-server /tmp/redis.conf
