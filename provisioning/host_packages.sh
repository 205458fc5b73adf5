#!/bin/bash
# Install what the host needs to build and boot the image, when it is missing (Debian 12 or later, as root).
set -euo pipefail

declare -A program_of=(
    [mmdebstrap]=mmdebstrap
    [iproute2]=ip
    [util-linux]=unshare
    [mount]=mount
    [debian-archive-keyring]=/usr/share/keyrings/debian-archive-keyring.gpg
    [zstd]=zstd
)

missing=()
for package in "${!program_of[@]}"; do
    wanted=${program_of[$package]}
    [[ -e $wanted ]] || command -v "$wanted" >/dev/null || missing+=("$package")
done
((${#missing[@]})) || exit 0

((EUID == 0)) || { echo "host_packages: must run as root" >&2; exit 1; }
echo "installing on the host: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install_missing() { apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null; }
# The package lists of a fresh machine may be absent or old: refresh them only when the plain way fails.
install_missing 2>/dev/null || { apt-get -qq update && install_missing; }
