#!/bin/sh
# enter.sh - becomes process 1 of a container, as a cluster would have it under Pod Security
# "restricted": a read-only root without a /tmp to write to, no privilege, the user of the image.
#
#     unshare --mount --pid --fork --kill-child tests/images/enter.sh ROOT UID GID NAME=VALUE... COMMAND...
#
# /vegeta/configmap has the targets of k8s/, whose host is this machine, and /scenario its scenario.
set -eu
root=$1 uid=$2 gid=$3
shift 3
k8s=$(dirname "$0")/../../k8s

mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
touch "$root/dev/null"
mount --bind /dev/null "$root/dev/null"
for place in base/targets:vegeta/configmap components/scenario:scenario; do
    mkdir -p "$root/${place#*:}"
    mount --bind "$k8s/${place%:*}" "$root/${place#*:}"
    mount -o remount,bind,ro "$root/${place#*:}"
done
printf '127.0.0.1 localhost target-api-headless\n' >"$root/etc/hosts"
mount -o remount,bind,ro "$root"
exec chroot "$root" setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs \
    --bounding-set -all --inh-caps -all env -i "$@"
