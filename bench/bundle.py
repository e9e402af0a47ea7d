# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""Bundles of a given size that no compression makes smaller."""

import hashlib
import json
import os
import subprocess

from bench.network import run

KUBERNETES = "v1.34.2"
IMAGES = ["coredns/coredns:v1.12.1", "etcd:3.6.5-0", f"kube-apiserver:{KUBERNETES}",
          f"kube-controller-manager:{KUBERNETES}", f"kube-proxy:{KUBERNETES}", f"kube-scheduler:{KUBERNETES}",
          "pause:3.10.1"]
PROGRAMS = ["bin/" + name for name in ("kubeadm", "kubelet", "kubectl", "containerd", "containerd-shim-runc-v2",
                                       "ctr", "runc", "crictl")] + [
    "cni/" + name for name in ("loopback", "bridge", "host-local", "portmap")]
# As large as a layer of an image may well be.
PIECE = 20_000_000


def make(hakube, folder, size):
    """A bundle of `size` bytes of noise in pieces, and what packing asks for, which is a few kilobytes."""
    path = os.path.join(folder, f"noise-{size}.tar.zst")
    source = os.path.join(folder, f"noise-{size}")
    if os.path.exists(path):
        return path
    write(source, "bundle.yaml", f"""kubernetes: {KUBERNETES}
arch: [amd64]
components: {{containerd: 2.1.5, kubeadm: 1.34.2, kubectl: 1.34.2, kubelet: 1.34.2}}
""".encode())
    for name in PROGRAMS:
        # An ELF header of 64 bits for amd64: what packing looks at.
        head = b"\x7fELF\x02\x01" + bytes(12) + b"\x3e" + bytes(45)
        write(source, name, head + name.encode())
    write(source, "manifests/pod-network.yaml", f"""kind: DaemonSet
spec: {{template: {{spec: {{containers: [{{name: pause, image: "registry.k8s.io/{IMAGES[-1]}"}}]}}}}}}
""".encode())
    images(source)
    for number, start in enumerate(range(0, size, PIECE)):
        noise(os.path.join(source, "files", f"layer{number}"), number, min(PIECE, size - start))
    run(hakube, "bundle", "pack", source, "-o", path)
    subprocess.run(["rm", "-rf", source], check=True)
    return path


def write(folder, name, content):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def images(source):
    def blob(content, kind):
        digest = hashlib.sha256(content).hexdigest()
        write(source, f"images/blobs/sha256/{digest}", content)
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}

    manifests = []
    for number, name in enumerate(IMAGES):
        layer = blob(f"layer {number}".encode(), "layer.v1.tar")
        settings = blob(json.dumps({"architecture": "amd64", "os": "linux", "n": number}).encode(), "config.v1+json")
        document = {"schemaVersion": 2, "config": settings, "layers": [layer]}
        entry = blob(json.dumps(document).encode(), "manifest.v1+json")
        entry["platform"] = {"architecture": "amd64", "os": "linux"}
        entry["annotations"] = {"io.containerd.image.name": f"registry.k8s.io/{name}"}
        manifests.append(entry)
    write(source, "images/index.json", json.dumps({"schemaVersion": 2, "manifests": manifests}).encode())
    write(source, "images/oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


def noise(path, number, size):
    """The same bytes each time, and faster than a random number generator of Python's. It passes for gzip data, since
    the key stream of a cipher is what compressed data look like."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    cipher = subprocess.Popen(
        ["openssl", "enc", "-aes-128-ctr", "-K", "0123456789abcdef0123456789abcdef", "-iv", f"{number:032x}"],
        stdin=open("/dev/zero", "rb"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with open(path, "wb") as file:
        file.write(b"\x1f\x8b")
        left = size - 2
        while left:
            piece = cipher.stdout.read(min(left, 1 << 20))
            file.write(piece)
            left -= len(piece)
    cipher.kill()
    cipher.wait()
    cipher.stdout.close()
