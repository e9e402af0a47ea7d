# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""Machines on one switch: network namespaces with links of a given rate in both directions."""

import os
import subprocess

# As long a queue as the figures of the goals suppose: a sender sees delay before it sees loss.
QUEUE = "300ms"


def run(*command, check=True):
    """Output of a program that must end well."""
    done = subprocess.run(command, capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Network:
    """A switch and what is plugged into it; gone after close(). The addresses are those of RFC 2544, for benchmarks."""

    def __init__(self, name="hkbench", net="198.18"):
        self.name, self.net = name, net
        self.links = {}
        self.clear()
        self.switch = f"{name}-switch"
        run("ip", "netns", "add", self.switch)
        self.inside(self.switch, "ip", "link", "add", "br0", "type", "bridge")
        self.inside(self.switch, "ip", "link", "set", "br0", "up")

    def inside(self, namespace, *command, check=True):
        return run("ip", "netns", "exec", namespace, *command, check=check)

    def clear(self):
        """Also what a run that was killed has left."""
        for line in run("ip", "netns", "list").splitlines():
            namespace = line.split()[0] if line else ""
            if namespace.startswith(f"{self.name}-"):
                run("ip", "netns", "del", namespace, check=False)

    close = clear

    def add(self, name, number):
        """A machine; number 1 to 65534 gives its address. The link is as fast as the kernel until it is limited."""
        namespace, port = f"{self.name}-{name}", f"p{number}"
        address = f"{self.net}.{number >> 8}.{number & 255}"
        run("ip", "netns", "add", namespace)
        run("ip", "link", "add", "eth0", "netns", namespace, "type", "veth", "peer", "name", port, "netns", self.switch)
        self.inside(self.switch, "ip", "link", "set", port, "master", "br0", "up")
        self.inside(namespace, "ip", "addr", "add", f"{address}/16", "dev", "eth0")
        for device in ("lo", "eth0"):
            self.inside(namespace, "ip", "link", "set", device, "up")
        self.links[name] = (namespace, port)
        return namespace, address

    def limit(self, name, mbit):
        """Rate in both directions; None takes the limit away."""
        namespace, port = self.links[name]
        for place, device in ((namespace, "eth0"), (self.switch, port)):
            if mbit is None:
                self.inside(place, "tc", "qdisc", "del", "dev", device, "root", check=False)
                continue
            # Four milliseconds of the rate, and one segment of 64 KiB at least with the headers of the 46 packets that it stands
            # for: what is larger than its burst, tbf cuts into packets, and that takes more CPU than all that hosts do.
            burst = max(72 << 10, mbit * 1000000 // 8 // 250)
            self.inside(place, "tc", "qdisc", "replace", "dev", device, "root", "tbf",
                        "rate", f"{mbit}mbit", "burst", str(burst), "latency", QUEUE)

    def plug(self, name, up):
        """Pulls the cable, or puts it back."""
        self.inside(self.switch, "ip", "link", "set", self.links[name][1], "up" if up else "down")

    def sent(self, name):
        """Bytes that the machine has sent so far, as its interface counts them."""
        path = "/sys/class/net/eth0/statistics/tx_bytes"
        return int(self.inside(self.links[name][0], "cat", path))


def require():
    """Says what is missing for namespaces, or nothing."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    return None
