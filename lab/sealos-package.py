#!/usr/bin/env python3
"""sealos-package.py FOLDER OUT.tar.gz - a package shaped as sealos 3 has them, of what `hakube bundle extract` wrote.

kube/bin, kube/conf, kube/shell, kube/containerd/cri-containerd-cni-….tar.gz and kube/images/images.tar, the latter as
`docker save` writes it: a folder a layer, and links where images share one. The scripts in kube/shell leave a mark beside
OUT when anybody runs them. What is hakube's own (the guardian) is not in it. Needs Python 3.7 and its standard library.
"""
import hashlib
import io
import json
import os
import sys
import tarfile


def add(tar, name, content, mode=0o644):
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    tar.addfile(info, io.BytesIO(content))


def link(tar, name, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    tar.addfile(info)


def blob(folder, digest):
    with open(os.path.join(folder, "images", "blobs", "sha256", digest.split(":")[1]), "rb") as file:
        return file.read()


def short(name):
    """Docker Hub's own images are saved under their short names."""
    return name[len("docker.io/library/"):] if name.startswith("docker.io/library/") else name


def saved_images(folder, path):
    with open(os.path.join(folder, "images", "index.json")) as file:
        index = json.load(file)
    entries, homes, repositories = [], {}, {}
    with tarfile.open(path, "w") as tar:
        for descriptor in index["manifests"]:
            name = short(descriptor["annotations"]["io.containerd.image.name"])
            if name.startswith("hakube.local/guardian:"):
                continue
            manifest = json.loads(blob(folder, descriptor["digest"]))
            config = manifest["config"]["digest"].split(":")[1]
            add(tar, config + ".json", blob(folder, manifest["config"]["digest"]))
            layers = []
            for number, layer in enumerate(manifest["layers"]):
                own = hashlib.sha256(f"{config} {number}".encode()).hexdigest()
                add(tar, own + "/VERSION", b"1.0")
                add(tar, own + "/json", json.dumps({"id": own}).encode())
                if layer["digest"] in homes:
                    link(tar, own + "/layer.tar", f"../{homes[layer['digest']]}/layer.tar")
                else:
                    add(tar, own + "/layer.tar", blob(folder, layer["digest"]))
                    homes[layer["digest"]] = own
                layers.append(own + "/layer.tar")
            entries.append({"Config": config + ".json", "RepoTags": [name], "Layers": layers})
            repository, tag = name.rsplit(":", 1)
            repositories.setdefault(repository, {})[tag] = layers[-1].split("/")[0]
        add(tar, "manifest.json", json.dumps(entries).encode())
        add(tar, "repositories", json.dumps(repositories).encode())


def runtime(folder, path):
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name in ("containerd", "containerd-shim-runc-v2", "ctr", "crictl"):
            tar.add(os.path.join(folder, "amd64", "bin", name), "usr/local/bin/" + name)
        tar.add(os.path.join(folder, "amd64", "bin", "runc"), "usr/local/sbin/runc")
        for name in sorted(os.listdir(os.path.join(folder, "amd64", "cni"))):
            tar.add(os.path.join(folder, "amd64", "cni", name), "opt/cni/bin/" + name)
        add(tar, "etc/crictl.yaml", b"runtime-endpoint: unix:///run/containerd/containerd.sock\n")
        add(tar, "etc/systemd/system/containerd.service", b"[Service]\nExecStart=/usr/local/bin/containerd\n")


def network(folder):
    with open(os.path.join(folder, "manifests", "pod-network.yaml")) as file:
        return file.read().replace("{{podSubnet}}", "100.64.0.0/10").encode()


def main(folder, out):
    with open(os.path.join(folder, "hakube-bundle.json")) as file:
        version = json.load(file)["kubernetes"]
    images, containerd, trap = out + ".images", out + ".containerd", out + ".ran"
    saved_images(folder, images)
    runtime(folder, containerd)
    with tarfile.open(out, "w:gz", compresslevel=1) as tar:
        for name in ("kubeadm", "kubelet", "kubectl"):
            tar.add(os.path.join(folder, "amd64", "bin", name), "kube/bin/" + name)
        add(tar, "kube/bin/kubelet-pre-start.sh", f"#!/bin/bash\ntouch {trap}\n".encode(), 0o755)
        for name in ("init", "master", "containerd"):
            add(tar, f"kube/shell/{name}.sh", f"#!/bin/bash\ntouch {trap}\n".encode(), 0o755)
        add(tar, "kube/conf/kubeadm.yaml", b"apiVersion: kubeadm.k8s.io/v1beta2\nkind: ClusterConfiguration\n")
        add(tar, "kube/conf/kubelet.service", b"[Service]\nExecStart=/usr/bin/kubelet\n")
        add(tar, "kube/conf/net/pod-network.yaml", network(folder))
        add(tar, "kube/Metadata", json.dumps({"k8sVersion": version, "cniName": "hakube", "cniVersion": ""}).encode())
        tar.add(containerd, "kube/containerd/cri-containerd-cni-1.6.20-linux-amd64.tar.gz")
        tar.add(images, "kube/images/images.tar")
    for path in (images, containerd):
        os.remove(path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
