#!/bin/bash
# Write the pinned, hashed requirement files anew (in the lab with the host's network).
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../requirements"

for name in build runtime dev; do
    uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        --python-version 3.14 --python-platform x86_64-manylinux_2_28 "$name.in" -o "$name.txt"
    echo "$name.txt: $(grep -c == "$name.txt") packages"
done
