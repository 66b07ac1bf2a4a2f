#!/bin/sh
# check.sh - builds both images as `make images` does, and runs what came out (`make images-check`).
#
#     base    Debian 12 by debootstrap, in place of debian:12-slim, for which a registry would be needed
#     build   docker/build.sh, with Debian's buildah
#     size    what our layers add to the base, unpacked: 40 MB each at most
#     run     tests/images/run.sh: an attack of one image against the other, over loopback
#
# It takes about two minutes and needs root, to mount and to change root. The mirror and the proxy are
# those of this machine's apt; they go into the base only, as they would be in an image of Debian's.
# Everything is in a folder that is removed at the end, however it ends.
#
# Environment: COMMIT= DATE=   for the Dockerfiles
set -eu
cd "$(dirname "$0")/../.."
here=tests/images
[ "$(id -u)" -eq 0 ] || { echo "images-check: only root can mount; run: sudo make images-check" >&2; exit 1; }

scratch=$(mktemp -d /var/tmp/headroom-images-XXXXXX)
clean_up() {
    status=$?
    trap - EXIT
    [ "$status" -eq 0 ] || tail -n 40 "$scratch/log" >&2
    umount -R "$scratch/storage" 2>/dev/null || true
    rm -rf --one-file-system "$scratch"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# A storage of its own, and nothing that this machine would have to support.
mkdir "$scratch/storage"
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' \
    "$scratch/storage/images" "$scratch/storage/run" >"$scratch/storage.conf"
export CONTAINERS_STORAGE_CONF="$scratch/storage.conf"
export BUILDAH_ISOLATION=chroot

# step NAME COMMAND...: what it prints goes into the log, which is shown when it fails.
step() {
    title=$1 began=$(date +%s)
    shift
    "$@" >>"$scratch/log" 2>&1
    echo "images-check: $title took $(($(date +%s) - began)) s"
}

# Where this machine's apt has Debian from, as lines of a sources.list.
# shellcheck disable=SC2016 # apt's own variables
debian_sources() {
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Identifier: Packages' 'Origin: Debian'
}

make_base() {
    [ -n "$(debian_sources)" ] || apt-get update
    mirror=$(debian_sources | awk '$3 == "bookworm" && $4 == "main" { print $2; exit }')
    [ -n "$mirror" ] || { echo "apt has no mirror of Debian 12 here (bookworm main)"; return 1; }
    include=
    case $mirror in https:*) include=--include=ca-certificates ;; esac
    eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
    [ -z "${http_proxy:-}" ] || export http_proxy
    debootstrap --variant=minbase $include bookworm "$scratch/base" "$mirror"
    debian_sources >"$scratch/base/etc/apt/sources.list"
    apt-config dump | grep -E '^Acquire::(https?|Check-)' >"$scratch/base/etc/apt/apt.conf.d/90this-machine" || true
    rm -rf "$scratch/base/var/cache/apt/archives" "$scratch/base/var/lib/apt/lists"
    tar -C "$scratch/base" -cf "$scratch/base.tar" .
    rm -rf "$scratch/base"
    container=$(buildah from scratch)
    buildah add -q "$container" "$scratch/base.tar" /
    buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin --cmd bash "$container"
    buildah commit -q --rm "$container" localhost/base
    rm "$scratch/base.tar"
}

# Writes each image's configuration, unpacks it, and its layers.
unpack() {
    for name in base target-api loadgen; do
        buildah inspect --type image "localhost/$name" >"$scratch/$name.json"
        [ "$name" = base ] || buildah push -q "localhost/$name" "oci:$scratch/layers:$name"
        buildah mount "$(buildah from "localhost/$name")" >"$scratch/$name.root"
    done
}

step base make_base
step build env BASE=localhost/base ENGINE=buildah docker/build.sh
step unpack unpack
python3 "$here/size.py" "$scratch" 40 target-api loadgen
# No network but loopback, with nobody else on it.
step run unshare --net "$here/run.sh" "$scratch"
sed -n 's/^run: //p' "$scratch/log"
