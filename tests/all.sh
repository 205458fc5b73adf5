#!/bin/bash
# All tests, in groups: two groups at a time, each in a lab of its own, where it meets nothing of the other.
#   tests/all.sh [OPTIONS OF PYTEST]
# Most tests wait for telephones, timers and restarts; two groups fill two cores. What a group says is printed with
# the group's name before it; in the end comes one summary of all, like pytest's own. ./build_image.sh --lab comes first.
# Up to three tests that failed beside others are run once more alone; the summary counts such a one as unsteady.
set -uo pipefail
cd "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")" || exit 2

# In this order: what waits goes together with what computes, the longest first. Together they are everything: the two
# halves of the service tests split by letter, and `rest` is whatever no other group has.
groups=(calls-1 rest calls-2 pair image pages)
declare -A tests_of=(
    [calls-1]='tests/service/test_[a-i]*.py'
    [rest]='tests --ignore=tests/service --ignore=tests/image --ignore=tests/ha'
    [calls-2]='tests/service/test_[!a-i]*.py'
    [pair]='tests/ha'
    [image]='tests/image'
    [pages]='tests/service --ignore-glob=*/service/test_*.py'
)
declare -A politeness=([rest]=10 [pages]=10) # what only computes lets telephones go first
at_once=2

most_unsteady=3

mkdir -p build
folder=$(mktemp -d build/tests.XXXXXX) # the labs see it too: there pytest notes what failed
declare -A group_of=() # process of a group that runs -> its name
watchers=()
trap 'rm -rf "$folder"' EXIT
trap end_all INT TERM HUP

# shellcheck disable=SC2329  # the trap calls it
end_all() {
    trap '' INT TERM HUP
    kill -TERM "${!group_of[@]}" "${watchers[@]}" 2>/dev/null
    wait
    exit 130
}

begin() { # GROUP [OPTION…]
    local name=$1
    shift
    : >"$folder/$name" # the watcher may come first
    # shellcheck disable=SC2086  # words, and patterns of files
    nice -n "${politeness[$name]:-0}" tests/lab.sh --no-build python -m pytest -o cache_dir="/src/$folder/$name.cache" \
        ${tests_of[$name]} "$@" </dev/null >"$folder/$name" 2>&1 &
    group_of[$!]=$name
    tail --quiet --lines=+1 --follow --sleep-interval=0.5 --pid=$! "$folder/$name" | sed -u "s/^/$name | /" &
    watchers+=($!)
}

status=0
end_of_one() {
    local pid
    wait -n -p pid "${!group_of[@]}" || status=1
    unset "group_of[$pid]"
}

# What the groups' summaries say together. A group that ended without one is an error.
declare -A sum=()
count() {
    local name number word counts
    sum=()
    for name in "${groups[@]}"; do
        counts=$(grep -aE '^=+ .* in [0-9.]+s' "$folder/$name" | tail -n 1 |
            grep -oE '[0-9]+ (failed|error|passed|skipped|xfailed|xpassed)')
        while read -r number word; do
            sum[$word]=$((${sum[$word]:-0} + number))
        done <<<"${counts:-1 error}"
    done
}

names_of_bad() { grep -ahE '^(FAILED|ERROR) ' "${groups[@]/#/$folder/}"; }

few_are_bad() { # and all of them are known by name: no group ended half-way
    local names bad=$((${sum[failed]:-0} + ${sum[error]:-0}))
    names=$(names_of_bad | wc -l)
    ((bad > 0 && bad <= most_unsteady && bad == names))
}

# Once more what failed, a group at a time with nothing beside it: a telephone that two full cores delayed shows nothing.
once_more() { # [OPTION…]
    local name
    for name in "${groups[@]}"; do
        grep -aqE '^(FAILED|ERROR) ' "$folder/$name" || continue
        echo "=========== once more, alone: what failed of $name ==========="
        # shellcheck disable=SC2086  # as above
        tests/lab.sh --no-build python -m pytest -o cache_dir="/src/$folder/$name.cache" --last-failed \
            --last-failed-no-failures none ${tests_of[$name]} "$@" </dev/null 2>&1 | sed -u "s/^/$name | /"
        ((PIPESTATUS[0] == 0)) || return 1
    done
}

# One line of everything, worst first, below the names of what failed.
summary() {
    local word parts=''
    names_of_bad
    for word in failed error unsteady passed skipped xfailed xpassed; do
        [[ ! ${sum[$word]:-} ]] || parts+="${parts:+, }${sum[$word]} $word"
    done
    echo "=========== $parts in $SECONDS.0s (all groups) ==========="
}

for name in "${groups[@]}"; do
    ((${#group_of[@]} < at_once)) || end_of_one
    begin "$name" "$@"
done
while ((${#group_of[@]})); do end_of_one; done
wait
count
if few_are_bad && once_more "$@"; then
    status=0
    sum[unsteady]=$(names_of_bad | wc -l)
    unset 'sum[failed]' 'sum[error]'
fi
summary
exit "$status"
