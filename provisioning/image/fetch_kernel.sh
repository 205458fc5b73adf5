#!/bin/bash
# Debian's kernel and the few modules that a test machine needs, without installing them: fetch_kernel.sh FOLDER
# Package lists must be fresh. Leaves FOLDER/vmlinuz and FOLDER/modules/NAME.ko.
set -euo pipefail

target=$1
modules=(net/core/failover drivers/net/net_failover drivers/net/virtio_net
    fs/netfs/netfs net/9p/9pnet net/9p/9pnet_virtio fs/9p/9p
    drivers/watchdog/watchdog drivers/watchdog/softdog drivers/watchdog/i6300esb)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mapfile -t packages < <(apt-cache depends --recurse --no-recommends --no-suggests linux-image-amd64 |
    grep -E '^linux-(binary|modules)-[0-9]' | sort -u)
apt-get -q -o APT::Sandbox::User=root download "${packages[@]}"
for package in *.deb; do dpkg -x "$package" tree; done
kernel=$(echo tree/usr/lib/modules/*)
mkdir -p "$target/modules"
cp "$kernel/vmlinuz" "$target/vmlinuz"
for module in "${modules[@]}"; do
    xz -dc "$kernel/kernel/$module.ko.xz" >"$target/modules/${module##*/}.ko"
done
