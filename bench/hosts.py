# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""Hosts with an sshd of their own: a namespace each for network, processes and mounts."""

import os
import shlex
import signal
import subprocess
import time

from bench.network import run

# /var/lib, /run and /root belong to the host alone; everything else is the machine's.
START = """
set -e
mount -t tmpfs -o mode=755,size=12g none /var/lib
mount -t tmpfs -o mode=755 none /run
mount -t tmpfs -o mode=700 none /root
mkdir -p /run/sshd
exec /usr/sbin/sshd -D -e -f "$1" 2> "$2"
"""

# What is not said here is as OpenSSH has it by itself, MaxStartups and the algorithms included.
CONFIGURATION = """
HostKey {folder}/host_key
AuthorizedKeysFile {keys}
ListenAddress {address}
PidFile none
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
UsePAM no
LogLevel VERBOSE
Subsystem sftp /usr/lib/openssh/sftp-server
"""


class Host:
    def __init__(self, network, name, number, work):
        self.network, self.name = network, name
        self.namespace, self.address = network.add(name, number)
        self.folder = os.path.join(work, name)
        os.makedirs(self.folder)
        self.log = os.path.join(self.folder, "sshd.log")
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(self.folder, "host_key"))
        configuration = os.path.join(self.folder, "sshd_config")
        with open(configuration, "w") as file:
            file.write(CONFIGURATION.format(
                folder=self.folder, keys=os.path.join(work, "key.pub"), address=self.address))
        # All of the host ends with this program, however that ends.
        self.holder = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.namespace,
             "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
             "sh", "-c", START, "sh", configuration, self.log],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)

    def wait(self, deadline=20):
        """Until sshd listens."""
        end = time.monotonic() + deadline
        while "Server listening" not in self.text():
            if self.holder.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"sshd of {self.name} does not start: {self.text()}")
            time.sleep(0.02)

    def text(self):
        try:
            with open(self.log, errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def commands(self):
        """How many commands were started over ssh so far."""
        return self.text().count("Starting session: ")

    @property
    def first(self):
        """Number of the host's first process, as the machine counts."""
        with open(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children") as file:
            return int(file.read().split()[0])

    def shell(self, script):
        return run("nsenter", "-t", str(self.first), "-m", "-n", "-p", "sh", "-c", script)

    def reset(self):
        """As if nothing had ever been sent here."""
        self.shell("rm -rf /var/lib/hakube /var/lib/received /run/hakube* /root/.ansible")

    def processes(self, name):
        """Numbers of the host's processes whose command has the name, as the machine counts."""
        found = []
        for number in run("ip", "netns", "pids", self.namespace).split():
            try:
                with open(f"/proc/{number}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if name.encode() in os.path.basename(words[0]):
                found.append(int(number))
        return found

    def neighbours(self):
        """Hosts that this one has connections with, those of ssh not counted."""
        lines = run("ip", "netns", "exec", self.namespace, "ss", "-Htn", "state", "established").splitlines()
        ends = [line.split()[2:4] for line in lines]
        return {there.rsplit(":", 1)[0] for here, there in ends if not here.endswith(":22")}

    def kill(self, name):
        for number in self.processes(name):
            os.kill(number, signal.SIGKILL)

    def hang_up(self):
        """Ends the connections that clients keep open."""
        listener = self.first
        for number in self.processes("sshd"):
            if number != listener:
                os.kill(number, signal.SIGKILL)

    def leftovers(self):
        """What a push may not leave behind: couriers and listeners."""
        listeners = run("ip", "netns", "exec", self.namespace, "ss", "-Htln").splitlines()
        return [f"process {number}" for number in self.processes("hakube-courier")] + [
            f"listener {line.split()[3]}" for line in listeners if not line.split()[3].endswith(":22")]

    def close(self):
        if self.holder.poll() is None:
            self.holder.kill()
        self.holder.wait()


class Fleet:
    """An operator's machine and hosts that it reaches."""

    def __init__(self, network, count, work, rate=None):
        self.network, self.hosts, self.work = network, [], work
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(work, "key"))
        self.operator, _ = network.add("operator", 1)
        try:
            for number in range(count):
                self.hosts.append(Host(network, f"host{number + 1}", 11 + number, work))
            for host in self.hosts:
                host.wait()
            self.limit(rate)
        except BaseException:
            self.close()
            raise

    def limit(self, mbit):
        for name in ["operator"] + [host.name for host in self.hosts]:
            self.network.limit(name, mbit)

    def reset(self):
        for host in self.hosts:
            host.reset()

    @property
    def inside(self):
        """What goes before a command that the operator runs."""
        return ["ip", "netns", "exec", self.operator]

    @property
    def ssh(self):
        """Options for ssh and scp at their defaults, with our key."""
        return ["-F", "/dev/null", "-i", os.path.join(self.work, "key"), "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={os.path.join(self.work, 'known')}",
                "-o", "LogLevel=ERROR"]

    def close(self):
        for host in self.hosts:
            host.close()


def quoted(words):
    return " ".join(shlex.quote(word) for word in words)
