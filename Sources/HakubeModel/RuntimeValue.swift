// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What is known only when a plan runs. Texts name it by its marker; the engine puts the value in on the way to the host.
package enum RuntimeValue: String, Sendable, Hashable, CaseIterable {
    /// `[a-z0-9]{6}.[a-z0-9]{16}`, made on the operator's machine for this run.
    case bootstrapToken = "bootstrap-token"
    /// The part of the token before the dot: the name of its Secret; not confidential.
    case bootstrapTokenID = "bootstrap-token-id"
    case bootstrapTokenSecret = "bootstrap-token-secret"
    /// 64 hex digits that encrypt the uploaded control-plane certificates.
    case certificateKey = "certificate-key"
    /// The cluster's CA certificate in base64, read from the first serving master.
    case clusterCA = "cluster-ca"
    /// SHA-256 of the CA certificate's SubjectPublicKeyInfo in hex, by which kubeadm pins a CA; not confidential.
    case caCertHash = "ca-cert-hash"
    /// RFC 3339 moment at which the token ends.
    case tokenExpiry = "token-expiry"
    /// The CA of an etcd on hosts of its own, as PEM, read from one of them.
    case etcdCA = "etcd-ca"
    case etcdCAKey = "etcd-ca-key"
    /// By what API servers show themselves to such an etcd, or to one that somebody else runs; as PEM.
    case etcdClient = "etcd-client"
    case etcdClientKey = "etcd-client-key"
    /// `NAME=URL,…`: the members that a new one finds, itself among them; not confidential.
    case etcdMembers = "etcd-members"

    /// Stands in a text where the value belongs.
    package var marker: String { "<<hakube:\(rawValue)>>" }

    /// A value of valid form for files rendered without a run.
    package var placeholder: String {
        switch self {
        case .bootstrapToken: "abcdef.0123456789abcdef"
        case .bootstrapTokenID: "abcdef"
        case .bootstrapTokenSecret: "0123456789abcdef"
        case .certificateKey, .caCertHash: String(repeating: "0", count: 64)
        case .clusterCA: ""
        case .tokenExpiry: "2000-01-01T00:00:00Z"
        case .etcdCA, .etcdClient: "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"
        case .etcdCAKey, .etcdClientKey: "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----"
        case .etcdMembers: "etcd-1=https://192.0.2.1:2380"
        }
    }

    /// Nobody may see it: what a host prints of it is blotted out.
    package var isConfidential: Bool {
        switch self {
        case .bootstrapToken, .bootstrapTokenSecret, .certificateKey, .etcdCAKey, .etcdClientKey: true
        case .bootstrapTokenID, .clusterCA, .caCertHash, .tokenExpiry, .etcdCA, .etcdClient, .etcdMembers: false
        }
    }

    /// Read from a host it stands as base64; else as the text that it is, without the end of its last line.
    package var isEncoded: Bool { self == .clusterCA }
}

extension String {
    /// Replaces every marker by what `value` gives for it.
    package func resolvingRuntimeValues(_ value: (RuntimeValue) throws -> String) rethrows -> String {
        guard contains("<<hakube:") else { return self }
        return try RuntimeValue.allCases.reduce(self) { text, kind in
            text.contains(kind.marker)
                ? text.split(separator: kind.marker, omittingEmptySubsequences: false)
                    .joined(separator: try value(kind)) : text
        }
    }

    /// The runtime values this text waits for.
    package var runtimeValues: [RuntimeValue] { RuntimeValue.allCases.filter { contains($0.marker) } }
}
