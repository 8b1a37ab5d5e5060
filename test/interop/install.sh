#!/usr/bin/env bash
# Installs what the interoperability tests drive, from Debian itself; nothing when all of it is there.
set -euo pipefail

needed=()
for program in ldapsearch:ldap-utils openssl:openssl slapd:slapd chromium:chromium; do
  PATH="$PATH:/usr/sbin" command -v "${program%%:*}" >/dev/null || needed+=("${program##*:}")
done
compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK-*' >/dev/null || needed+=(fonts-noto-cjk)
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || needed+=(postgresql)
[ "${#needed[@]}" -eq 0 ] && exit 0

printf 'installing %s\n' "${needed[*]}"
run=()
if [ "$(id -u)" -ne 0 ]; then run=(sudo -n); fi
"${run[@]}" apt-get update -qq
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${needed[@]}" >/dev/null
