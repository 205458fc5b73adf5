#!/bin/bash
# Run a command in the lab: the appliance's packages plus the test tools, the checkout at /src, no network but its own.
#   tests/lab.sh [--net host] [--bridge NAME] [--no-build] COMMAND…
# --bridge: a bridge that the command makes in the host's network (may be given again); it is removed even if the
# command is killed.
# The lab is private (mounts, processes, network, control group) and leaves nothing behind.
set -euo pipefail

checkout=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
cache=${HCC_CACHE:-/var/cache/hcc}
build=yes
bridges=()
network=(--private-net)

while [[ ${1:-} == --* ]]; do
    case $1 in
        --net) [[ $2 == host ]] || { echo "lab: --net host is the only choice" >&2; exit 2; }; network=(); shift 2 ;;
        --bridge) bridges+=("$2"); shift 2 ;;
        --no-build) build=''; shift ;;
        *) echo "lab: unknown option $1" >&2; exit 2 ;;
    esac
done
(($#)) || { echo "usage: tests/lab.sh [--net host] [--bridge NAME] [--no-build] COMMAND…" >&2; exit 2; }

# shellcheck source=provisioning/image/cgroup.sh
. "$checkout/provisioning/image/cgroup.sh"

if [[ $build || ! -f $cache/lab.lowerdirs ]]; then
    "$checkout/build_image.sh" --lab-only >&2
fi

# While the build lock is shared nobody prunes; the layers themselves stay locked as long as this lab lives.
exec 8>"$cache/lock"
flock -s 8
image=$(cat "$cache/image.lowerdirs" 2>/dev/null || true)
lab=$(cat "$cache/lab.lowerdirs")
layers=()
IFS=: read -r -a wanted <<<"$lab:$image"
for folder in "${wanted[@]}"; do
    [[ -d $folder ]] || continue
    exec {lock}<"$folder.used"
    flock -s "$lock"
done
exec 8>&-

# Big data of the image (speech, browser libraries) is there in the lab too; its code is not, the checkout is.
IFS=: read -r -a of_image <<<"$image"
for folder in "${of_image[@]}"; do
    [[ ! ${folder##*/} =~ ^(music|speech|demospeech|vendor)- ]] || layers+=("$folder")
done
lower=$(IFS=:; echo "${layers[*]}:$lab")
lower=${lower#:}

settings=(PATH=/opt/hcc/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8
    PYTHONPATH=/src TERM="${TERM:-dumb}" HCC_IMAGE_LOWERDIRS="$image")
for name in CI HCC_RANDOM_SEED; do
    [[ -z ${!name:-} ]] || settings+=("$name=${!name}")
done
binds=(--bind "$checkout:/src" --bind "$cache/layers:$cache/layers:ro")
if ((${#network[@]} == 0)); then
    settings+=(SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt)
    binds+=(--bind /etc/resolv.conf:/etc/resolv.conf:ro --bind /etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro)
fi

enter_own_cgroup lab
status=0
# A background child with its signals as usual, so that this shell can end it when it is itself told to end.
env --default-signal=INT,QUIT "$checkout/provisioning/image/enter.sh" --lower "$lower" "${network[@]}" --cgroup "${binds[@]}" -- \
    env -i "${settings[@]}" sh -c 'systemd-machine-id-setup >/dev/null 2>&1; cd /src && exec "$@"' lab "$@" <&0 &
child=$!
trap 'kill -KILL $child 2>/dev/null' TERM HUP
trap : INT
while :; do
    status=0
    wait "$child" 2>/dev/null || status=$?
    kill -0 "$child" 2>/dev/null || break
done
leave_own_cgroup
for bridge in "${bridges[@]}"; do ip link delete "$bridge" 2>/dev/null || true; done
exit "$status"
