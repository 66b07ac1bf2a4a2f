#!/bin/sh
# runtime-packages.sh - names the Debian packages with the libraries that a program is linked with,
# as they are installed here, so that an image needs no list that is kept by hand.
#
#     docker/runtime-packages.sh PROGRAM...
set -eu

# A line of ldd is "libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x...)". A package may have the file
# below /usr/lib or below /lib, which are the same folder.
libraries=$(ldd "$@" | sed -n 's/.* => .*\(\/[^/]*\/[^/]*\) (0x.*/*\1/p' | sort -u)
[ -n "$libraries" ] || { echo "runtime-packages: no libraries are found for $*" >&2; exit 1; }
# shellcheck disable=SC2086 # a list of patterns, for dpkg-query
packages=$(set -f; dpkg-query -S $libraries)
echo "$packages" | sed 's/:.*//' | sort -u
