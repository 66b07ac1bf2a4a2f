#!/bin/sh
# build.sh - builds both images with the first of docker, podman and buildah that works (`make images`).
#
# Environment: ENGINE=docker|podman|buildah (default: the first that works)
#              REGISTRY= TAG=latest         names are REGISTRY/target-api:TAG and REGISTRY/loadgen:TAG
#              BASE= TESTS= COMMIT= DATE=   build arguments (see the Dockerfiles); empty: their default
set -eu
cd "$(dirname "$0")/.."

# docker may be installed without a running daemon.
find_engine() {
    for engine in docker podman buildah; do
        if command -v "$engine" >/dev/null && "$engine" info >/dev/null 2>&1; then
            echo "$engine"
            return
        fi
    done
    echo "build: none of docker, podman and buildah works here: install one of them (Debian: apt install buildah), or start docker's daemon" >&2
    return 1
}

ENGINE=${ENGINE:-$(find_engine)}
VERSION=$(sed -n 's/^const char version_number\[\] = "\(.*\)";/\1/p' common/version.c)
set -- --build-arg VERSION="$VERSION"
for argument in "BASE=${BASE:-}" "TESTS=${TESTS:-}" "COMMIT=${COMMIT:-}" "DATE=${DATE:-}"; do
    [ -z "${argument#*=}" ] || set -- "$@" --build-arg "$argument"
done
# The same source gives the same layers: files carry the date of the commit.
if SOURCE_DATE_EPOCH=$(date -u -d "${DATE:-unknown}" +%s 2>/dev/null); then
    export SOURCE_DATE_EPOCH
    [ "$ENGINE" = docker ] || set -- "$@" --timestamp "$SOURCE_DATE_EPOCH"
fi
# The tests open more files than buildah's default of 1024.
# shellcheck disable=SC3045 # every sh of Linux has -H
[ "$ENGINE" = docker ] || set -- "$@" --ulimit "nofile=$(ulimit -H -n)"

for program in target-api loadgen; do
    image=${REGISTRY:+$REGISTRY/}$program:${TAG:-latest}
    "$ENGINE" build "$@" -f "docker/$program.Dockerfile" -t "$image" .
    echo "build: built $image with $ENGINE"
done
