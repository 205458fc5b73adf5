#!/bin/bash
# Build the browser's third-party files: build.sh OUT [--lock]
# Needs node and npm; packages come by name, pinned with their hashes in package-lock.json.
# Every output must have the hash VENDOR.lock says; --lock writes that file anew after a deliberate change.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
out=$(readlink -m "${1:?usage: build.sh OUT [--lock]}")
lock=$here/VENDOR.lock

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
mkdir -p "$out"
node "$here/bundle.mjs" "$work" "$out" >"$work/VENDOR.lock"
if [[ ${2:-} == --lock ]]; then
    cp "$work/VENDOR.lock" "$lock"
fi
diff -u "$lock" "$work/VENDOR.lock" || { echo "vendor: outputs differ from VENDOR.lock" >&2; exit 1; }
cp "$lock" "$out/"
