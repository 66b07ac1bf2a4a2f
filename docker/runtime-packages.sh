#!/bin/sh
# runtime-packages.sh - prints the Debian packages of the libraries that a program links with, as
# installed here, so that nobody has to maintain a list for the image.
#
#     docker/runtime-packages.sh PROGRAM...
set -eu

# A line of ldd is "libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x...)". A package may list the file
# below /usr/lib or /lib, which are the same folder.
libraries=$(ldd "$@" | sed -n 's/.* => .*\(\/[^/]*\/[^/]*\) (0x.*/*\1/p' | sort -u)
[ -n "$libraries" ] || { echo "runtime-packages: $* links with no library" >&2; exit 1; }
# shellcheck disable=SC2086 # a list of patterns, for dpkg-query
packages=$(set -f; dpkg-query -S $libraries)
echo "$packages" | sed 's/:.*//' | sort -u
