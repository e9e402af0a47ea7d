# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: the hakube authors
"""hakube as an operator runs it, and the peers it is held against."""

import json
import os
import shlex

from bench import measure


class Hakube:
    def __init__(self, program):
        self.program = program

    @staticmethod
    def environment(fleet):
        """A home for each fleet, since another fleet has other host keys; and no keys of an agent."""
        environment = dict(os.environ, HAKUBE_HOME=os.path.join(fleet.work, "home"))
        environment.pop("SSH_AUTH_SOCK", None)
        return environment

    def push(self, fleet, bundle, hosts=None, more=(), watch=None, check=True):
        """One push to hosts of the fleet, the first as a master.

        The run has `whole`: seconds from the start until each host had all its bytes; `done`: until its step had ended,
        which may be later, since hosts stay as long as others may need them; `failures`; `sent`: bytes that left the operator's
        machine. `watch` gets every event as it comes.
        """
        addresses = [host.address for host in hosts or fleet.hosts]
        command = fleet.inside + [
            self.program, "push", "--bundle", bundle, "--masters", addresses[0], "--key",
            os.path.join(fleet.work, "key"), "--parallel", str(len(addresses)), "--yes", "--output", "json", *more]
        if addresses[1:]:
            command += ["--nodes", ",".join(addresses[1:])]
        whole, done, ending, notices = {}, {}, {}, []

        def hear(line, seconds, process):
            event = json.loads(line)
            event["after"] = seconds
            if event["event"] == "progress" and event["done"] >= event["total"]:
                whole.setdefault(event["host"], seconds)
            elif event["event"] == "step-finished" and event["outcome"] in ("changed", "unchanged"):
                done[event["host"]] = seconds
            elif event["event"] == "plan-finished":
                ending.update(event)
            elif event["event"] == "notice":
                notices.append(f"{event['host']}: {event['text']}")
            if watch:
                watch(event, process)

        before = fleet.network.sent("operator")
        run = measure.timed(command, env=self.environment(fleet), check=False, on_line=hear)
        run.sent = fleet.network.sent("operator") - before
        run.whole, run.done, run.ending, run.notices = whole, done, ending, notices
        run.failures = [f"{one['host']}: {one['message']}" for one in ending.get("failures", [])]
        if check and run.status:
            said = [line for line in run.said.splitlines() if not line.startswith("new host key")]
            raise measure.Failed("\n".join([f"hakube push ended with {run.status}", *run.failures, *said]))
        return run


def scp(fleet, path):
    """scp at its defaults, to the first host."""
    return measure.timed(
        fleet.inside + ["scp", "-q", *fleet.ssh, path, f"root@{fleet.hosts[0].address}:/var/lib/received"])


def cat(fleet, path):
    """A pipe through ssh, with nothing around it."""
    with open(path, "rb") as file:
        return measure.timed(
            fleet.inside + ["ssh", *fleet.ssh, f"root@{fleet.hosts[0].address}", "cat > /var/lib/received"], stdin=file)


def multiplexed(fleet, count):
    """`count` commands on every host at the same time, over one connection a host that ssh keeps open."""
    options = shlex.join(fleet.ssh + [
        "-o", "ControlMaster=auto", "-o", "ControlPersist=60", "-o", f"ControlPath={fleet.work}/master-%h"])
    one = (f"for n in $(seq {count}); do ssh {options} root@$1 true || exit 1; done;"
           f" ssh {options} -O exit root@$1 2> /dev/null")
    addresses = " ".join(host.address for host in fleet.hosts)
    script = f"""
        one() {{ {one}; }}
        pids=
        for address in {addresses}; do one $address & pids="$pids $!"; done
        for pid in $pids; do wait $pid || exit 1; done
    """
    return measure.timed(fleet.inside + ["bash", "-c", script])


def ansible(fleet, count):
    """The same as tasks of a playbook: forks 50, pipelining on, no facts gathered."""
    folder = os.path.join(fleet.work, "ansible")
    os.makedirs(folder, exist_ok=True)
    options = shlex.join(option for option in fleet.ssh if option not in ("-F", "/dev/null"))
    with open(os.path.join(folder, "ansible.cfg"), "w") as file:
        file.write("[defaults]\nforks = 50\ngather_facts = False\nhost_key_checking = False\n"
                   "interpreter_python = /usr/bin/python3\n"
                   f"[ssh_connection]\npipelining = True\nssh_args = -C -o ControlMaster=auto -o ControlPersist=60s {options}\n")
    with open(os.path.join(folder, "hosts"), "w") as file:
        file.writelines(f"{host.address} ansible_user=root\n" for host in fleet.hosts)
    with open(os.path.join(folder, "play.yaml"), "w") as file:
        tasks = "\n".join("    - command: /bin/true" for _ in range(count))
        file.write(f"- hosts: all\n  gather_facts: false\n  tasks:\n{tasks}\n")
    environment = dict(os.environ, ANSIBLE_CONFIG=os.path.join(folder, "ansible.cfg"), ANSIBLE_HOME=folder,
                       ANSIBLE_LOCAL_TEMP=os.path.join(folder, "tmp"), HOME=folder)
    try:
        return measure.timed(
            fleet.inside + ["ansible-playbook", "-i", os.path.join(folder, "hosts"), os.path.join(folder, "play.yaml")],
            env=environment)
    finally:
        # Its connections outlive it by design.
        for host in fleet.hosts:
            host.hang_up()
