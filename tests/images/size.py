#!/usr/bin/env python3
"""What images add to their base: the layers that the base does not have, unpacked.

    size.py FOLDER MEGABYTES IMAGE...

FOLDER has base.json and IMAGE.json, what `buildah inspect --type image` prints, and layers/, the
images as an OCI layout. Fails when what an image adds is more than MEGABYTES (of 1,000,000 bytes).
"""
import gzip
import json
import os
import sys

folder, limit, *images = sys.argv[1:]


def blob(digest):
    return os.path.join(folder, "layers", "blobs", *digest.split(":"))


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def diff_ids(image):
    return load(os.path.join(folder, f"{image}.json"))["OCIv1"]["rootfs"]["diff_ids"]


def unpacked(layer):
    with gzip.open(blob(layer["digest"])) as file:
        return sum(len(part) for part in iter(lambda: file.read(1 << 20), b"")) / 1e6


index = load(os.path.join(folder, "layers", "index.json"))
manifests = {manifest["annotations"]["org.opencontainers.image.ref.name"]: load(blob(manifest["digest"]))
             for manifest in index["manifests"]}
base = diff_ids("base")
too_large = False
for image in images:
    layers = manifests[image]["layers"]
    ours = diff_ids(image)[len(base):]
    assert diff_ids(image) == base + ours and ours, f"{image} is not on the base, or adds nothing"
    assert len(layers) == len(base) + len(ours)
    total = sum(unpacked(layer) for layer in layers[len(base):])
    packed = sum(layer["size"] for layer in layers[len(base):]) / 1e6
    print(f"images-check: {image} adds {total:.1f} MB to its base ({packed:.1f} MB packed), "
          f"and may add {limit} MB")
    too_large |= total > float(limit)
sys.exit(too_large)
