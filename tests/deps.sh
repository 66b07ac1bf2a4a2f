#!/bin/sh
# deps.sh - finds which of the named Debian packages are missing, and installs them.
#
#     tests/deps.sh PACKAGE...
#
# Installs with apt-get as root, or with sudo where that asks for no password; otherwise prints the
# one line to run, and fails.
set -eu

# Is it there, or does another package provide it, as nodejs does npm where it is not Debian's?
is_there() {
    state=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)
    [ "$state" = installed ] ||
        dpkg-query -W -f '${db:Status-Status} ${Provides}\n' | grep -Eq "^installed (.*[ ,])?$1([ ,]|\$)"
}

missing=
for package in "$@"; do
    is_there "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        echo "deps: these packages are missing; run: sudo apt-get install -y --no-install-recommends$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
echo "deps: installing$missing"
log=$(mktemp)
policy=
services=$(mktemp)
clean_up() {
    [ -z "$policy" ] || $as_root rm -f "$policy"
    rm -f "$log" "$services"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# A server is only to be there for the tests to start: nothing is to run, now or after a boot.
forbid_starts() {
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
        $as_root chmod 755 "$policy" || return 1
    fi
    ls /etc/init.d >"$services"
}
disable_new_services() {
    for service in /etc/init.d/*; do
        name=${service##*/}
        grep -qxF "$name" "$services" || $as_root update-rc.d "$name" disable
    done
}
# shellcheck disable=SC2086 # a list of words
install() {
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends $missing
}
if ! { $as_root apt-get update && forbid_starts && install && disable_new_services; } >"$log" 2>&1; then
    cat "$log" >&2
    echo "deps: apt-get could not install:$missing" >&2
    exit 1
fi
