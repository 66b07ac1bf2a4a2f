# opening.sh - how each bench begins: its help, and what it needs. Sourced, after the comment that is its
# help and `set -eu`.
# shellcheck shell=sh
# shellcheck disable=SC2034 # the scripts use it
here=$(dirname "$0")
BIN=${BIN:-build/release/bin}
export BIN PYTHONDONTWRITEBYTECODE=1

die() {
    echo "$(basename "$0" .sh): $1" >&2
    exit "${2:-1}"
}

# check_parts PARTS ARGUMENT...: each argument is one of the parts, or asks for help
check_parts() {
    known=$1
    shift
    for part; do
        case $part in
        -h | --help)
            sed -n '2,/^set/s/^#\( \|$\)//p' "$0"
            exit 0
            ;;
        esac
        case " $known " in
        *" $part "*) ;;
        *) die "no part \"$part\"; -h explains" 2 ;;
        esac
    done
}

# need_tools COMMAND:PACKAGE...
need_tools() {
    for need; do
        command -v "${need%:*}" >/dev/null || die "${need%:*} is missing (Debian package ${need#*:})"
    done
}

# need_built PROGRAM...
need_built() {
    for program; do
        [ -x "$BIN/$program" ] || die "$BIN/$program is missing; \`make bench\` builds it"
    done
}

need_two_cores() {
    [ "$(nproc)" -ge 2 ] || die "two cores are needed: one for the server, one for the client"
}
