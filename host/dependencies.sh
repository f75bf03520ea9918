#!/bin/sh
# dependencies: what Pilotlight is built from and tested with, installed or fetched.
#
#   dependencies.sh packages          install the Debian packages that are missing
#   dependencies.sh packages-fuzz     ... and those that only `make fuzz` needs
#   dependencies.sh sources DIR       third-party sources, verified, unpacked in DIR
#   dependencies.sh servers DIR       servers, a U-Boot and a Linux for the tests, unpacked in DIR
#   dependencies.sh firmware DIR      the board's firmware, unpacked in DIR (not free software:
#                                     only `pilot sdcard --firmware` wants it)
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
libwrap0 libpcre2-8-0 libglib2.0-0 python3 procps clang-format gdb-multiarch
signify-openbsd libusbredirparser-dev libslirp-dev pkg-config libc6-dev-arm64-cross"
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

# Has the commands that follow see an apt with the machine's own sources and keys, but with
# lists, cache and status of our own in FOLDER, so that the machine's stay as they are.
# use_apt FOLDER CONFIGURATION...
use_apt()
{
    own=$1
    shift
    mkdir -p "$own/lists/partial" "$own/cache/archives/partial"
    {
        cat <<EOF
APT::Sandbox::User "$(id -un)";
Dir::State::lists "$own/lists";
Dir::State::status "/dev/null";
Dir::Cache "$own/cache";
Acquire::Languages "none";
Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";
EOF
        printf '%s\n' "$@"
    } >"$own/apt.conf"
    export APT_CONFIG="$own/apt.conf"
    [ "$own" != "${updated:-}" ] || return 0
    apt-get -q update >"$own/update.log" 2>&1 ||
        fail "apt-get cannot fetch the lists of packages (see $own/update.log);
    put ${package}_*.deb into a folder and set PILOTLIGHT_DEPS to that folder"
    updated=$own
}

use_apt_of_the_board()
{
    use_apt "$1" 'APT::Architecture "arm64";' 'APT::Architectures { "arm64"; };'
}

# Where the machine's sources say "main", these say "non-free-firmware".
use_apt_of_firmware()
{
    mkdir -p "$1/sources.list.d"
    list='' parts=''
    eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
    for file in "$list" "${parts%/}"/*.list "${parts%/}"/*.sources; do
        [ -f "$file" ] || continue
        sed -E -e 's/^(deb[[:space:]].*[[:space:]])main([[:space:]].*)?$/\1non-free-firmware/' \
            -e 's/^Components:(.*[[:space:]])?main([[:space:]].*)?$/Components: non-free-firmware/' \
            "$file" >"$1/sources.list.d/$(basename "$file")"
    done
    use_apt "$1" 'Dir::Etc::sourcelist "/dev/null";' "Dir::Etc::sourceparts \"$1/sources.list.d\";"
}

# find_package FOLDER PATTERN: sets deb to the package's file, to "" if there is none.
find_package()
{
    deb=''
    for place in "$1/files" ${PILOTLIGHT_DEPS:+"$PILOTLIGHT_DEPS"}; do
        for file in "$place/"${2}_*.deb; do
            [ -f "$file" ] || continue
            [ -z "$deb" ] || fail "$place holds more than one ${2}_*.deb; leave one"
            deb=$file
        done
        [ -z "$deb" ] || return 0
    done
}

# download_package FOLDER PACKAGE: sets deb.
download_package()
{
    echo "dependencies: downloading $2"
    (cd "$1/files" && apt-get -q download "$2") >"$1/$2.log" 2>&1 ||
        fail "cannot download the package $2 (see $1/$2.log);
    put ${2}_*.deb into a folder and set PILOTLIGHT_DEPS to that folder"
    rm -f "$1/$2.log"
    unset APT_CONFIG
    find_package "$1" "$2"
}

# unpack_file FOLDER [PATTERN...]: deb, or of it the paths that fit.
unpack_file()
{
    into=$1
    shift
    rm -rf "$into"
    mkdir -p "$into"
    { dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$into" --wildcards "$@"; } 2>"$into.log" ||
        fail "cannot unpack $deb: $(head -n 1 "$into.log"); replace it"
    rm -f "$into.log"
}

# obtain_package FOLDER PACKAGE [APT APT_FOLDER]: sets deb; the function APT chooses an archive.
obtain_package()
{
    package=$2
    find_package "$1" "$package"
    if [ -z "$deb" ]; then
        [ $# = 2 ] || "$3" "$4"
        download_package "$1" "$package"
    fi
}

unpack_package()
{
    obtain_package "$@"
    unpack_file "$1/$2"
}

# The kernel's version is in its package's name, which only linux-image-arm64 knows. Of its
# 350 MB the tests want the kernel, the boards' device trees, and the modules that USB and
# the boards' Ethernet need (tests/qemu/linux_image.py looks up which of them need which).
unpack_linux()
{
    package='linux-image-[0-9]*-arm64'
    find_package "$1" "$package"
    if [ -z "$deb" ]; then
        use_apt_of_the_board "$1/apt"
        name=$(apt-cache depends linux-image-arm64 2>/dev/null |
            sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
        [ -n "$name" ] || fail "apt knows no linux-image-arm64 that names a kernel (see $1/apt/update.log);
    put ${package}_*.deb into a folder and set PILOTLIGHT_DEPS to that folder"
        download_package "$1" "$name"
    fi
    unpack_file "$1/linux-image" './boot/vmlinuz-*' \
        './usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-*.dtb' './*lib/modules/*/modules.builtin' \
        './*/kernel/drivers/usb/common/*' './*/kernel/drivers/usb/core/*' './*/kernel/drivers/usb/dwc2/*' \
        './*/kernel/drivers/usb/gadget/udc/udc-core.ko*' './*/kernel/drivers/usb/phy/*' \
        './*/kernel/drivers/usb/roles/roles.ko*' './*/kernel/drivers/net/mii.ko*' \
        './*/kernel/drivers/net/mdio/*' './*/kernel/drivers/net/phy/*' './*/kernel/drivers/net/usb/*' \
        './*/kernel/net/core/selftests.ko*' './*/kernel/lib/crc16.ko*'
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
    for package in u-boot-rpi busybox-static; do
        unpack_package "$directory" $package use_apt_of_the_board "$directory/apt"
    done
    unpack_linux "$directory"
    touch "$directory/.complete"
}

unpack_firmware()
{
    mkdir -p "$1/files"
    directory=$(cd "$1" && pwd)
    obtain_package "$directory" raspi-firmware use_apt_of_firmware "$directory/apt"
    unpack_file "$directory/raspi-firmware" './usr/lib/raspi-firmware/*' './usr/share/doc/*/copyright'
    touch "$directory/.complete"
}

case "${1:-}" in
packages) install_packages $PACKAGES ;;
packages-fuzz) install_packages $PACKAGES_FUZZ ;;
sources) unpack_sources "${2:?folder}" ;;
servers) unpack_servers "${2:?folder}" ;;
firmware) unpack_firmware "${2:?folder}" ;;
*) fail "usage: dependencies.sh packages | packages-fuzz | sources DIR | servers DIR | firmware DIR" ;;
esac
