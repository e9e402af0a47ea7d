// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeTestSupport
import Testing

extension RealHosts {
    /// The golden files for 1.20.2 are read by kubeadm 1.20.2 itself, which then has nothing to say about them.
    @Suite struct KubeadmAcceptanceTests {
        static let kubeadm = ProcessInfo.processInfo.environment["HAKUBE_KUBEADM"] ?? ""

        static var goldens: [String] {
            let folder = Checkout.root.appending(path: "Tests/HakubePlanTests/Golden").path()
            let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
            return names.filter { name in
                let isKubeadms = name.hasPrefix("kubeadm/") || name.hasPrefix("etcd/") && name.contains("kubeadm-")
                return isKubeadms && name.contains("/v1.20.2/") && name.hasSuffix(".yaml")
            }.sorted().map { "\(folder)/\($0)" }
        }

        @Test func `there are files for every topology`() {
            #expect(Self.goldens.count > 20, "\(Self.goldens)")
        }

        @Test(arguments: goldens)
        func `kubeadm accepts what hakube renders for it`(golden: String) async throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "kubeadm-\(UUID())")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            // kubeadm wants the discovery file to be there.
            let discovery = folder.appending(path: "discovery.conf")
            try Data("apiVersion: v1\nkind: Config\n".utf8).write(to: discovery)
            let text = try String(contentsOfFile: golden, encoding: .utf8)
                .replacingOccurrences(of: "/etc/hakube/discovery.conf", with: discovery.path())
            let file = folder.appending(path: "kubeadm.yaml")
            try Data(text.utf8).write(to: file)
            let run = try await ProgramRun.run(
                Self.kubeadm, ["config", "migrate", "--old-config", file.path()], timeout: .seconds(60))
            #expect(run.status == 0, "\(run.err)")
            // Unknown and doubled fields are only warned about.
            #expect(!run.err.contains("strict decoding"), "\(run.err)")
        }
    }
}
