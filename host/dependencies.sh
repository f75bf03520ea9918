#!/bin/sh
# dependencies: what Pilotlight is built from and tested with, installed or fetched.
#
#   dependencies.sh packages          install the Debian packages that are missing
#   dependencies.sh packages-fuzz     ... and those that only `make fuzz` needs
#   dependencies.sh sources DIR       third-party sources, verified, unpacked in DIR
#   dependencies.sh servers DIR       servers and a U-Boot for the tests, unpacked in DIR
#
# Files come from the folder PILOTLIGHT_DEPS names, if it is set and holds them, else from
# the archive this machine's own apt configuration names. Sources, which become part of the
# product, are checked against the SHA-256 below. Packages for the tests have no hash here:
# any version will do, a point release replaces them, and apt verifies what it downloads
# against the archive's signature. Nothing is installed that starts a daemon: the TFTP servers
# conflict with each other as packages, and the tests only need the servers' programs.
#
# SPDX-License-Identifier: BSD-2-Clause
set -eu

PACKAGES="gcc libc6-dev gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu
picolibc-aarch64-linux-gnu qemu-system-arm device-tree-compiler xz-utils
mtools dosfstools libcmocka-dev dnsmasq-base tftp-hpa atftp bind9-dnsutils curl iproute2
libwrap0 libpcre2-8-0 libglib2.0-0 python3 procps clang-format gdb-multiarch"
PACKAGES_FUZZ="clang libclang-rt-14-dev"

# name in the archive's pool, SHA-256
SOURCES="
pool/main/l/lwip/lwip_2.2.1+dfsg1.orig.tar.xz 83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1
pool/main/d/device-tree-compiler/device-tree-compiler_1.7.2.orig.tar.xz 92d8ca769805ae1f176204230438fe52808f4e1c7944053c9eec0e649b237539
pool/main/t/tinyusb/tinyusb-source_0.18.0+dfsg-1_all.deb 01ce2c645df68f14a8a7dcfc8fb355713152543757955820479a87949a61154e
pool/main/libs/libsodium/libsodium_1.0.18.orig.tar.gz d59323c6b712a1519a5daf710b68f5e7fde57040845ffec53850911f10a5d4f4
"

fail()
{
    echo "dependencies: $*" >&2
    exit 1
}

as_root()
{
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "need root or sudo to run: $*"
    fi
}

install_packages()
{
    missing=
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    echo "dependencies: installing$missing"
    as_root apt-get -q update ||
        fail "apt-get update failed; check this machine's apt configuration and network"
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y --no-install-recommends install $missing ||
        fail "apt-get could not install:$missing"
}

# Prints the archive's address as the machine's apt configuration has it.
archive()
{
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        grep -v -e security -e '^file:' | sort | uniq -c | sort -rn | awk 'NR==1 {print $2}'
}

is_right()
{
    [ -f "$1" ] && echo "$2  $1" | sha256sum --check --status
}

# fetch POOL_PATH SHA256 FILE
fetch()
{
    name=$(basename "$1")
    ! is_right "$3" "$2" || return 0
    if [ -n "${PILOTLIGHT_DEPS:-}" ] && [ -f "$PILOTLIGHT_DEPS/$name" ]; then
        cp "$PILOTLIGHT_DEPS/$name" "$3"
        is_right "$3" "$2" ||
            fail "$PILOTLIGHT_DEPS/$name does not have the SHA-256 $2; replace it"
        return 0
    fi
    base=$(archive)
    [ -n "$base" ] || fail "cannot fetch $name: apt has no package lists (run apt-get update),
    and PILOTLIGHT_DEPS names no folder that holds it"
    /usr/lib/apt/apt-helper download-file "${base%/}/$1" "$3" "SHA256:$2" >"$3.log" 2>&1 ||
        fail "cannot fetch $name from this machine's archive (see $3.log);
    put it into a folder and set PILOTLIGHT_DEPS to that folder"
    rm -f "$3.log"
}

unpack_sources()
{
    directory=$1
    mkdir -p "$directory/files"
    echo "$SOURCES" | while read -r pool sum; do
        [ -n "$pool" ] || continue
        fetch "$pool" "$sum" "$directory/files/$(basename "$pool")"
    done
    rm -rf "$directory/lwip" "$directory/dtc" "$directory/fatfs" "$directory/sodium"
    mkdir -p "$directory/lwip" "$directory/dtc" "$directory/sodium" "$directory/tinyusb"
    tar -xf "$directory"/files/lwip_*.tar.xz -C "$directory/lwip" --strip-components=1
    tar -xf "$directory"/files/device-tree-compiler_*.tar.xz -C "$directory/dtc" --strip-components=1
    tar -xf "$directory"/files/libsodium_*.tar.gz -C "$directory/sodium" --strip-components=1
    dpkg -x "$directory"/files/tinyusb-source_*.deb "$directory/tinyusb"
    mv "$directory/tinyusb/usr/src/tinyusb/lib/fatfs/source" "$directory/fatfs"
    # FatFs wants its configuration beside its sources; ours is loader/fatfs/ffconf.h.
    rm -r "$directory/tinyusb" "$directory/fatfs/ffconf.h" "$directory/fatfs/diskio.c"
    touch "$directory/.complete"
}

# For packages of the board's architecture: the machine's own sources and keys, but lists,
# cache and status of our own, so that apt's idea of this machine stays as it is.
prepare_apt_for_the_board()
{
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
    cat >"$1/apt.conf" <<EOF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "$(id -un)";
Dir::State::lists "$1/lists";
Dir::State::status "/dev/null";
Dir::Cache "$1/cache";
EOF
    APT_CONFIG=$1/apt.conf apt-get -q update >"$1/update.log" 2>&1 ||
        fail "apt-get cannot fetch the package lists of arm64 (see $1/update.log);
    put the packages named above into a folder and set PILOTLIGHT_DEPS to that folder"
}

# unpack_package FOLDER PACKAGE [APT_FOLDER]: with an APT_FOLDER for the board's architecture
unpack_package()
{
    into=$1 package=$2 board=${3:-}
    set -- "$into/files/${package}"_*.deb
    if [ ! -f "$1" ] && [ -n "${PILOTLIGHT_DEPS:-}" ]; then
        set -- "$PILOTLIGHT_DEPS/${package}"_*.deb
        [ $# = 1 ] || fail "$PILOTLIGHT_DEPS holds more than one ${package}_*.deb; leave one"
    fi
    if [ ! -f "$1" ]; then
        echo "dependencies: downloading $package"
        if [ -n "$board" ]; then
            prepare_apt_for_the_board "$board"
            export APT_CONFIG="$board/apt.conf"
        fi
        (cd "$into/files" && apt-get -q download "$package") >"$into/$package.log" 2>&1 ||
            fail "cannot download the package $package (see $into/$package.log);
    put ${package}_*.deb into a folder and set PILOTLIGHT_DEPS to that folder"
        unset APT_CONFIG
        set -- "$into/files/${package}"_*.deb
    fi
    dpkg -x "$1" "$into/$package" 2>"$into/$package.log" ||
        fail "cannot unpack $1: $(cat "$into/$package.log"); replace it"
    rm -f "$into/$package.log"
}

unpack_servers()
{
    mkdir -p "$1/files"
    directory=$(cd "$1" && pwd)
    unpack_package "$directory" tftpd-hpa
    unpack_package "$directory" atftpd
    unpack_package "$directory" rsyslog
    for library in libestr0 libfastjson4; do
        unpack_package "$directory" $library
        cp -a "$directory/$library"/usr/lib/* "$directory/rsyslog/usr/lib/"
    done
    unpack_package "$directory" u-boot-rpi "$directory/apt"
    touch "$directory/.complete"
}

case "${1:-}" in
packages) install_packages $PACKAGES ;;
packages-fuzz) install_packages $PACKAGES_FUZZ ;;
sources) unpack_sources "${2:?folder}" ;;
servers) unpack_servers "${2:?folder}" ;;
*) fail "usage: dependencies.sh packages | packages-fuzz | sources DIR | servers DIR" ;;
esac
