#!/usr/bin/env bash
# Runs the database suites on Debian's own PostgreSQL: a cluster of their own, on loopback, gone afterwards.
set -euo pipefail
cd "$(dirname "$0")/../.."

programs=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
folder=$(mktemp -d)
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')

as_postgres=()
if [ "$(id -u)" -eq 0 ]; then
  as_postgres=(runuser -u postgres --)
  chown postgres "$folder"
fi

password=$(head -c 18 /dev/urandom | base64)
printf '%s' "$password" >"$folder/password"
chmod 644 "$folder/password"
stop() {
  "${as_postgres[@]}" "$programs/pg_ctl" -s -D "$folder/data" -m immediate stop || true
  rm -rf "$folder"
}
trap stop EXIT

cd "$folder"
"${as_postgres[@]}" "$programs/initdb" -D "$folder/data" -U postgres -A scram-sha-256 --pwfile="$folder/password" \
  --encoding=UTF8 --locale=C.UTF-8 >/dev/null
"${as_postgres[@]}" "$programs/pg_ctl" -s -w -D "$folder/data" -l "$folder/log" \
  -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c max_connections=200" start
cd - >/dev/null

BAUHINIA_TEST_DATABASE_URL="postgres://postgres:$(node -p 'encodeURIComponent(process.argv[1])' "$password")@127.0.0.1:$port/postgres" \
  npx mocha 'test/database/!(embedded)*.test.ts' 'test/directory/commands.test.ts' 'test/seeds/*.test.ts'
