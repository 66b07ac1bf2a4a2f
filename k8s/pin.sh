#!/bin/sh
# pin.sh - replaces the versions of the step images in cloudbuild.yaml with digests (`make pin`).
#
#     k8s/pin.sh [FILE]
#
# The version stays behind the digest as a comment; after changing it, run this again. If skopeo cannot look
# up an image, the file stays unchanged.
set -eu
file=${1:-$(dirname "$0")/../cloudbuild.yaml}
command -v skopeo >/dev/null || { echo "pin: skopeo is not installed (Debian: apt install skopeo)" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A line is "    name: IMAGE:VERSION" or "    name: IMAGE@sha256:... # VERSION".
sed -n 's/^ *name: \([^@]*\)@sha256:[0-9a-f]* # \(.*\)$/\1 \2/p; s/^ *name: \([^@#]*\):\([^:@#]*\)$/\1 \2/p' \
    "$file" | sort -u >"$work/images"
[ -s "$work/images" ] || { echo "pin: $file names no image of a step" >&2; exit 1; }
cp "$file" "$work/new"
while read -r image version; do
    # A digest is the SHA-256 of the manifest's bytes.
    if ! skopeo inspect --raw "docker://$image:$version" >"$work/manifest" </dev/null; then
        echo "pin: cannot look up $image:$version; $file is unchanged" >&2
        exit 1
    fi
    digest=sha256:$(sha256sum <"$work/manifest" | cut -d ' ' -f 1)
    echo "pin: $image:$version is $digest"
    sed -i "s,^\( *name: \)$image\(:$version\|@sha256:[0-9a-f]* # $version\)\$,\1$image@$digest # $version," \
        "$work/new"
done <"$work/images"
cat "$work/new" >"$file"
