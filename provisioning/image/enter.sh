#!/bin/bash
# Run a command with a stack of layers as its root file system, in namespaces of its own:
#   enter.sh --lower TOP:…:BOTTOM [--upper DIR] [--private-net] [--cgroup] [--bind SOURCE:TARGET[:ro]]… -- COMMAND…
# Without --upper what is written goes to memory and is forgotten. All mounts vanish with the last process.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")

outside() {
    local -a namespaces=(--mount --propagation private --pid --fork --kill-child --uts --ipc)
    local word
    for word in "$@"; do
        [[ $word == -- ]] && break
        [[ $word == --private-net ]] && namespaces+=(--net)
        [[ $word == --cgroup ]] && namespaces+=(--cgroup)
    done
    exec unshare "${namespaces[@]}" bash "$self" --inside "$@"
}

mount_root() { # LOWER UPPER
    local work=/run/hcc-enter
    mkdir -p "$work"
    mount -t tmpfs -o mode=0755,size=75% hcc-enter "$work"
    mkdir "$work/root" "$work/memory"
    local upper=${2:-$work/memory}
    mkdir -p "$upper/upper" "$upper/work"
    # The newer mount call takes 256 characters an option, the older one 4096.
    LIBMOUNT_FORCE_MOUNT2=always mount -t overlay -o "lowerdir=$1,upperdir=$upper/upper,workdir=$upper/work,index=off,metacopy=off" hcc-root "$work/root"
    root=$work/root
}

mount_kernel_files() { # PRIVATE_NET CGROUP
    mkdir -p "$root"/{proc,sys,dev,run,tmp}
    mount -t proc proc "$root/proc"
    if [[ $1 ]]; then
        mount -t sysfs sysfs "$root/sys"
    else
        mount --rbind /sys "$root/sys"
        if [[ $2 ]]; then umount -R "$root/sys/fs/cgroup" 2>/dev/null || true; fi
    fi
    [[ ! $2 ]] || mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount -t tmpfs -o mode=0755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777,size=75% tmpfs "$root/tmp"
}

bind_one() { # SOURCE:TARGET[:ro]
    local source target mode
    IFS=: read -r source target mode <<<"$1"
    if [[ -d $source ]]; then
        mkdir -p "$root$target"
    else
        mkdir -p "$(dirname "$root$target")"
        [[ -e $root$target ]] || : >"$root$target"
    fi
    mount --bind "$source" "$root$target"
    [[ $mode != ro ]] || mount -o remount,bind,ro "$root$target"
}

inside() {
    local lower='' upper='' net='' cgroup=''
    local -a binds=()
    while (($#)); do
        case $1 in
            --lower) lower=$2; shift 2 ;;
            --upper) upper=$2; shift 2 ;;
            --bind) binds+=("$2"); shift 2 ;;
            --private-net) net=yes; shift ;;
            --cgroup) cgroup=yes; shift ;;
            --) shift; break ;;
            *) echo "enter: unknown option $1" >&2; exit 2 ;;
        esac
    done
    mount_root "$lower" "$upper"
    mount_kernel_files "$net" "$cgroup"
    local bind
    for bind in "${binds[@]}"; do bind_one "$bind"; done
    [[ ! $net ]] || ip link set lo up
    cd "$root"
    mkdir -p run/old-root
    pivot_root . run/old-root
    cd /
    umount -l run/old-root
    rmdir run/old-root
    # Not exec: this shell is process 1 of the namespace and collects what others leave behind.
    local status=0
    "$@" || status=$?
    exit "$status"
}

if [[ ${1:-} == --inside ]]; then shift; inside "$@"; else outside "$@"; fi
