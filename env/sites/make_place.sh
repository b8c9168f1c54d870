#!/bin/sh
# Makes all that one place needs to talk to the others: docs/guide/sites.md. The centre is made first.
#
#     make_place.sh FOLDER centre HOST-OF-THE-BROKER [HOST-OR-ADDRESS]...
#     make_place.sh FOLDER NAME-OF-A-SITE [HOST-OR-ADDRESS]...
#
# FOLDER/NAME/ gets place.key and place.pem (it signs its messages with them, and shows them for TLS), ca.crt (whom it
# believes for TLS), the .pem of those whose messages it takes (a site: the centre's; the centre: all sites'), and
# broker.toml. FOLDER/authority/ holds the key that signs the certificates and belongs to no place: nobody else may read it.
set -eu

folder="$1"
name="$2"
shift 2
days=3650
bits="${KEY_BITS:-3072}"
own="$folder/$name"
authority="$folder/authority"
umask 077

case "$name" in
*[!a-z0-9-]* | "" | -* | *- | all | here | authority)
    echo "$name cannot be a place's name: use a to z, 0 to 9 and -" >&2
    exit 2
    ;;
esac
if [ -e "$own" ]; then
    echo "$own is there already; remove it to make new keys" >&2
    exit 1
fi
if [ "$name" = centre ]; then
    mkdir -p "$authority"
    printf '%s' "${1:?the host of the broker}" >"$authority/broker_host"
    openssl rand -hex 24 | tr -d '\n' >"$authority/broker_password"
    openssl req -x509 -newkey rsa:$bits -nodes -sha256 -days "$days" -subj "/CN=micrOS sites" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -keyout "$authority/ca.key" -out "$authority/ca.crt" 2>/dev/null
elif [ ! -e "$folder/centre" ]; then
    echo "make the place centre first" >&2
    exit 1
fi

mkdir -p "$own"
names="DNS:$name,DNS:localhost"
for host in "$@"; do
    case "$host" in
    *:* | *.*.*.[0-9] | *.*.*.[0-9][0-9] | *.*.*.[0-9][0-9][0-9]) names="$names,IP:$host" ;;
    *) names="$names,DNS:$host" ;;
    esac
done
printf 'basicConstraints=critical,CA:FALSE\nsubjectAltName=%s\n' "$names" >"$own/extensions"
openssl req -new -newkey rsa:$bits -nodes -sha256 -subj "/CN=$name" \
    -keyout "$own/place.key" -out "$own/request" 2>/dev/null
openssl x509 -req -sha256 -days "$days" -in "$own/request" -extfile "$own/extensions" -CA "$authority/ca.crt" \
    -CAkey "$authority/ca.key" -set_serial "0x$(openssl rand -hex 16)" -out "$own/place.pem" 2>/dev/null
rm "$own/extensions" "$own/request"
cp "$authority/ca.crt" "$own/"
if [ "$name" = centre ]; then
    cp "$authority/broker_password" "$own/"
else
    cp "$folder/centre/place.pem" "$own/centre.pem"
    cp "$own/place.pem" "$folder/centre/$name.pem"
fi
cat >"$own/broker.toml" <<END
broker = "rediss://:$(cat "$authority/broker_password")@$(cat "$authority/broker_host"):6379/0"
tls_ca = "ca.crt"
signing_key = "place.key"
signing_certificate = "place.pem"
signing_trusted = "." # the .pem files beside this one
END
echo "$own: place.key, place.pem ($names), ca.crt, broker.toml"
