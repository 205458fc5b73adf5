#!/bin/bash
# Last step inside the package layer, while the package lists are still there: note what was installed, start neutral.
set -euo pipefail
root=$1
manifest=$root/usr/share/hcc/manifest

mkdir -p "$manifest"
# One line a package: name, version, SHA-256 of the archive (the signed index vouches for it).
chroot "$root" apt-cache dumpavail >"$root/tmp/available"
# shellcheck disable=SC2016  # fields of dpkg-query
chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' >"$root/tmp/installed"
awk 'FILENAME == ARGV[1] && /^(Package|Version|SHA256): / { field[$1] = $2 }
     FILENAME == ARGV[1] && /^$/ { sum[field["Package:"] " " field["Version:"]] = field["SHA256:"] }
     FILENAME == ARGV[2] { print $1, $2, (sum[$0] == "" ? "-" : sum[$0]) }
    ' "$root/tmp/available" "$root/tmp/installed" >"$manifest/debian"
rm "$root/tmp/available" "$root/tmp/installed"

: >"$root/etc/machine-id"
: >"$root/etc/resolv.conf"
echo hcc >"$root/etc/hostname"
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/ssl/private/ssl-cert-snakeoil.key"
# The database cluster of the package is made anew on the appliance when it is wanted.
rm -rf "$root"/var/lib/postgresql/*/main "$root"/etc/postgresql/*/main
