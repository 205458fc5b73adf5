#!/bin/bash
# Runs in the build chroot on top of all other layers: the appliance's own code, configuration and units.
set -euo pipefail
source=/run/src
app=/opt/hcc/app

mkdir -p $app
cp -r --no-preserve=ownership "$source/appliance" "$source/provisioning" $app/
find $app -name __pycache__ -prune -exec rm -rf {} +
python -m compileall -q -j 2 $app
