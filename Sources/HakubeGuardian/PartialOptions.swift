// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

/// What a command line or a configuration file says, before it is complete.
struct PartialOptions {
    var virtual: SocketAddress?
    var real: [SocketAddress] = []
    var nodeAddress: IPAddress?
    var backend: BackendKind?
    var certificateAuthority: String?
    var runDirectory: String?
    var stateDirectory: String?
    var metrics: MetricsWish?

    /// Where the metrics page shall be.
    enum MetricsWish: Hashable {
        case off
        case at(SocketAddress)
    }

    /// These values, and the other's where these are silent.
    func completed(by other: PartialOptions) -> PartialOptions {
        PartialOptions(
            virtual: virtual ?? other.virtual, real: real.isEmpty ? other.real : real,
            nodeAddress: nodeAddress ?? other.nodeAddress, backend: backend ?? other.backend,
            certificateAuthority: certificateAuthority ?? other.certificateAuthority,
            runDirectory: runDirectory ?? other.runDirectory, stateDirectory: stateDirectory ?? other.stateDirectory,
            metrics: metrics ?? other.metrics)
    }

    private var metricsAddress: SocketAddress? {
        switch metrics {
        case .off: nil
        case .at(let address): address
        case nil: GuardianOptions.defaultMetrics
        }
    }

    /// - Throws: what is missing, or what contradicts what.
    func validated() throws(UsageError) -> GuardianOptions {
        guard let virtual else {
            throw UsageError(
                "no virtual address is given: add --virtual ADDRESS:PORT or \"virtual\" in the configuration")
        }
        guard !real.isEmpty else {
            throw UsageError("no real server is given: add --real ADDRESS:PORT once for each API server")
        }
        guard virtual.address.isUnicastHost, !virtual.address.isLoopback else {
            throw UsageError("the virtual address \(virtual.address) cannot belong to a host: choose one nobody uses")
        }
        for (index, server) in real.enumerated() {
            guard server.address.family == virtual.address.family else {
                throw UsageError("real server \(server) and virtual \(virtual) are of different IP versions")
            }
            guard server.address.isUnicastHost else {
                throw UsageError("the real server \(server) has no address that a host can have")
            }
            guard server.address != virtual.address else {
                throw UsageError(
                    "the real server \(server) has the virtual address itself: traffic would turn in a circle")
            }
            guard !real[..<index].contains(server) else { throw UsageError("the real server \(server) is given twice") }
        }
        if let nodeAddress {
            guard nodeAddress.family == virtual.address.family else {
                throw UsageError("node address \(nodeAddress) and virtual \(virtual) are of different IP versions")
            }
            guard nodeAddress != virtual.address, nodeAddress.isUnicastHost else {
                throw UsageError("the node address \(nodeAddress) is not one of this node's own")
            }
        }
        return GuardianOptions(
            virtual: virtual, real: real, nodeAddress: nodeAddress, backend: backend,
            certificateAuthority: certificateAuthority ?? GuardianOptions.defaultCertificateAuthority,
            runDirectory: runDirectory ?? GuardianOptions.defaultRunDirectory,
            stateDirectory: stateDirectory ?? GuardianOptions.defaultStateDirectory, metrics: metricsAddress)
    }
}

extension PartialOptions {
    static func socketAddress(_ text: String, for place: String) throws(UsageError) -> SocketAddress {
        guard let address = SocketAddress(text) else {
            throw UsageError("\(place) \"\(text)\" is not ADDRESS:PORT (IPv6 in brackets, as [fd00::1]:6443)")
        }
        return address
    }

    static func address(_ text: String, for place: String) throws(UsageError) -> IPAddress {
        guard let address = IPAddress(text) else { throw UsageError("\(place) \"\(text)\" is not an IP address") }
        return address
    }

    /// For this host alone: the page needs no credentials.
    static func metrics(_ text: String, for place: String) throws(UsageError) -> MetricsWish {
        if text == "off" { return .off }
        guard let address = SocketAddress(text), address.address.isLoopback else {
            throw UsageError("\(place) \"\(text)\" is neither off nor a loopback ADDRESS:PORT such as 127.0.0.1:10281")
        }
        return .at(address)
    }

    /// `auto` is nil: the kernel decides.
    static func backend(_ text: String, for place: String) throws(UsageError) -> BackendKind? {
        if text == "auto" { return nil }
        guard let kind = BackendKind(rawValue: text) else {
            throw UsageError("\(place) \"\(text)\" is none of auto, ipvs, proxy")
        }
        return kind
    }
}
