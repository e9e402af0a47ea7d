#!/usr/bin/env python3
"""oci.py SPEC.json OUT - write images as one OCI image layout, without a container engine.

SPEC: [{"name": "k8s.gcr.io/pause:3.2", "layers": ["DIR", ...], "entrypoint": [...], "cmd": [...], "user": "99"}, ...]
Each DIR becomes one uncompressed layer (the bundle around it is compressed as a whole, which is smaller and faster
than gzip inside it); a DIR that several images name is stored once. Same input, same bytes: entries are sorted, owned
by root and dated 1970. Needs Python 3.7 and its standard library; leaves the folder OUT, complete or not at all.
"""
import hashlib
import json
import os
import shutil
import sys
import tarfile

EPOCH = "1970-01-01T00:00:00Z"
PLATFORM = {"architecture": "amd64", "os": "linux"}
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class HashingFile:
    """A write-only file that knows the digest and size of what went through it."""

    def __init__(self, path):
        self.file, self.sha, self.size = open(path, "wb"), hashlib.sha256(), 0

    def write(self, data):
        self.sha.update(data)
        self.size += len(data)
        return self.file.write(data)


class Layout:
    def __init__(self, root):
        self.root, self.layers = root, {}
        self.blobs = os.path.join(root, "blobs", "sha256")
        os.makedirs(self.blobs)

    def blob(self, media_type, write):
        """Store what write(file) writes; answer its descriptor."""
        part = os.path.join(self.blobs, "part")
        out = HashingFile(part)
        write(out)
        out.file.close()
        os.rename(part, os.path.join(self.blobs, out.sha.hexdigest()))
        return {"mediaType": media_type, "digest": "sha256:" + out.sha.hexdigest(), "size": out.size}

    def document(self, media_type, value):
        return self.blob(media_type, lambda out: out.write(encode(value)))

    def layer(self, root):
        if root not in self.layers:
            self.layers[root] = self.blob("application/vnd.oci.image.layer.v1.tar", lambda out: pack(root, out))
        return self.layers[root]

    def image(self, spec):
        layers = [self.layer(root) for root in spec["layers"]]
        config = {
            **PLATFORM,
            "created": EPOCH,
            "config": {
                "Env": [PATH],
                "Entrypoint": spec.get("entrypoint"),
                "Cmd": spec.get("cmd"),
                "WorkingDir": "/",
                **({"User": spec["user"]} if "user" in spec else {}),
            },
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
            "history": [{"created": EPOCH, "created_by": "hakube offline-bundle/debian"} for _ in layers],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": self.document("application/vnd.oci.image.config.v1+json", config),
            "layers": layers,
        }
        return {
            **self.document(manifest["mediaType"], manifest),
            "platform": PLATFORM,
            # containerd takes the image's whole name from the first, other tools the tag from the second
            "annotations": {
                "io.containerd.image.name": spec["name"],
                "org.opencontainers.image.ref.name": spec["name"].rsplit(":", 1)[1],
            },
        }


def encode(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def pack(root, out):
    """root as a tar, members in the order of their names."""
    names = []
    for folder, subfolders, files in os.walk(root):
        names += [os.path.relpath(os.path.join(folder, name), root) for name in subfolders + files]
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted(names):
            path = os.path.join(root, name)
            info = tar.gettarinfo(path, name)
            info.uid = info.gid = info.mtime = 0
            info.uname = info.gname = ""
            if info.islnk():  # a hard link between two copies in the cache is no property of the image
                info.type, info.linkname, info.size = tarfile.REGTYPE, "", os.path.getsize(path)
            if info.isreg():
                with open(path, "rb") as content:
                    tar.addfile(info, content)
            else:
                tar.addfile(info)


def main(spec_path, out):
    with open(spec_path) as file:
        specs = json.load(file)
    part = out + ".part"
    shutil.rmtree(part, ignore_errors=True)
    layout = Layout(part)
    index = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [layout.image(spec) for spec in sorted(specs, key=lambda spec: spec["name"])],
    }
    for name, value in (("oci-layout", {"imageLayoutVersion": "1.0.0"}), ("index.json", index)):
        with open(os.path.join(part, name), "wb") as file:
            file.write(encode(value))
    shutil.rmtree(out, ignore_errors=True)
    os.rename(part, out)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
