# Sourced by scripts that boot containers: one control group for all they start, removed afterwards.
# shellcheck shell=bash

# The version 2 tree of the host, wherever it has it (an old-style host may not have it mounted at all).
cgroup_tree() {
    local found
    found=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
    if [[ ! $found ]]; then
        found=/run/hcc-cgroup2
        mkdir -p "$found"
        mount -t cgroup2 cgroup2 "$found"
    fi
    echo "$found"
}

enter_own_cgroup() { # NAME
    local tree stale pid
    tree=$(cgroup_tree)
    for stale in "$tree"/hcc-*.*; do
        pid=${stale##*.}
        [[ ! -d $stale || -d /proc/$pid ]] || remove_cgroup "$stale"
    done
    own_cgroup=$tree/hcc-$1.$$
    home_cgroup=$tree/$(sed -n 's/^0::\///p' /proc/self/cgroup)
    mkdir "$own_cgroup"
    echo $$ >"$own_cgroup/cgroup.procs"
}

leave_own_cgroup() {
    echo $$ >"$home_cgroup/cgroup.procs" 2>/dev/null || true
    remove_cgroup "$own_cgroup"
}

# Processes that were just killed may stay for a moment.
remove_cgroup() { # FOLDER
    local _
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        find "$1" -depth -type d -exec rmdir {} \; 2>/dev/null || true
        [[ -d $1 ]] || return 0
        sleep 0.2
    done
}
