// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// Containers of pods as containerd on the host itself knows them, past kubelet and API server.
package enum PodContainers {
    /// A command that prints the ids of all containers of this name, a line each, whether they run or not.
    ///
    /// The label is the one that containerd's CRI plugin copies from kubelet's `io.kubernetes.container.name`.
    ///
    /// - Parameter name: a word of POSIX sh.
    package static func list(named name: String) -> String {
        "ctr -n k8s.io containers ls -q 'labels.\"io.kubernetes.container.name\"=='\(name)"
    }

    /// A command that sends a signal to those of them that run.
    static func signalling(_ signal: String, to name: String) -> String {
        """
        \(list(named: name)) |
            while read -r container; do ctr -n k8s.io tasks kill --signal \(signal) "$container" >&2 || true; done
        """
    }
}
