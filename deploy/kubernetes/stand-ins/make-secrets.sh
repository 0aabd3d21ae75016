#!/bin/sh
# Draws the keys, tokens and certificates of a trial, into the folder `secrets` beside this file (or the one that is given).
# What is there already is left alone: remove the folder to begin anew. Needs openssl.
set -eu
umask 077
out=${1:-$(dirname "$0")/secrets}
if [ -e "$out/contactsheet.env" ]; then
  echo "$out is there already; it is left as it is."
  exit 0
fi
mkdir -p "$out"

host=stand-ins.contactsheet.svc.cluster.local
key() { openssl rand -base64 "$1" | tr -d '\n'; }
storage_key=$(key 64)
cosmos_key=$(key 64)
vision_key=$(openssl rand -hex 16)

# A certificate authority of this trial's own, and one certificate for the three services.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj '/CN=Contactsheet trial' \
  -keyout "$out/ca.key" -out "$out/ca.crt" 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=stand-ins' \
  -keyout "$out/tls.key" -out "$out/tls.csr" 2>/dev/null
printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' "$host" > "$out/tls.ext"
openssl x509 -req -in "$out/tls.csr" -CA "$out/ca.crt" -CAkey "$out/ca.key" -CAcreateserial -days 365 \
  -extfile "$out/tls.ext" -out "$out/tls.crt" 2>/dev/null
rm -f "$out/ca.key" "$out/ca.srl" "$out/tls.csr" "$out/tls.ext"

openssl rand -hex 32 | tr -d '\n' > "$out/app-token"
openssl rand -hex 32 | tr -d '\n' > "$out/sidecar-token"

# One key of the API, as `contactsheet keys create` makes it: the file holds its hash alone.
id=$(openssl rand -hex 6)
secret=$(key 32 | tr '+/' '-_' | tr -d '=')
hash=$(printf %s "$secret" | openssl dgst -sha256 | sed 's/.* //')
printf '{"version":1,"keys":[{"id":"%s","name":"trial","sha256":"%s","roles":["admin"],"createdAt":"%s"}]}\n' \
  "$id" "$hash" "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" > "$out/access-keys.json"
printf 'cs_%s_%s\n' "$id" "$secret" > "$out/api-key"

cat > "$out/stand-ins.env" <<END
AZURITE_ACCOUNTS=trial:$storage_key
COSMOS_KEY=$cosmos_key
VISION_KEY=$vision_key
END
cat > "$out/contactsheet.env" <<END
COSMOS_ENDPOINT=https://$host:8081/
COSMOS_KEY=$cosmos_key
VISION_ENDPOINT=https://$host:8443
VISION_KEY=$vision_key
AZURE_BLOB_ACCOUNT_NAME=trial
AZURE_BLOB_ACCOUNT_KEY=$storage_key
AZURE_BLOB_ENDPOINT=https://$host:10000
AZURE_QUEUE_ENDPOINT=https://$host:10001
AZURE_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=https;AccountName=trial;AccountKey=$storage_key;BlobEndpoint=https://$host:10000/trial;QueueEndpoint=https://$host:10001/trial;
LINK_KEY=$(openssl rand -hex 32)
END
echo "Keys and certificates are in $out. The key of the API is in api-key."
