#!/bin/bash
# Remove all layers and lists of the build cache, unless somebody is using them.
set -euo pipefail
cache=${HCC_CACHE:-/var/cache/hcc}

[[ -d $cache ]] || exit 0
exec 8>"$cache/lock"
flock -n 8 || { echo "clean: a build is running" >&2; exit 1; }
for used in "$cache"/layers/*.used; do
    [[ -e $used ]] || continue
    flock -n -x "$used" true || { echo "clean: a lab is using ${used##*/}" >&2; exit 1; }
done
rm -rf "$cache/layers" "$cache/work" "$cache/image.lowerdirs" "$cache/lab.lowerdirs"
