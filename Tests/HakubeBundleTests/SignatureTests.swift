// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import Foundation
import HakubeModel
import HakubeTestSupport
import Testing

@testable import HakubeBundle

/// Signatures, held against the real ssh-keygen in both directions.
struct SignatureTests {
    /// A packed bundle, and keys that ssh-keygen made beside it.
    private struct Place {
        let folder: BundleFolder
        let file: String
        var home: String { folder.home.path }

        init(_ ending: String = "tar.zst") throws {
            folder = try BundleFolder()
            file = try folder.packed("a.\(ending)")
            for key in ["own", "other"] {
                _ = try Shell.run(
                    "ssh-keygen -q -t ed25519 -N '' -C \(key)@example.org -f \(key)", in: folder.home.path)
            }
        }

        func key(_ name: String) throws -> SigningKey { try SigningKey(file: "\(home)/\(name)") }
        func trusted(_ name: String) throws -> TrustedKeys { try TrustedKeys(file: "\(home)/\(name)") }
    }

    @Test(arguments: ["tar", "tar.gz", "tar.zst"])
    func `what hakube signs, ssh-keygen verifies`(ending: String) throws {
        let place = try Place(ending)
        let before = try BundleReader(place.file).manifest()
        let signer = try BundleSigner.sign(place.file, with: place.key("own"))
        #expect(try BundleReader(place.file).verify() == before)
        #expect(try BundleReader(place.file).requireSignature(by: place.trusted("own.pub")) == signer)
        let line = """
            echo "maker $(cat own.pub)" > allowed
            tar -xf a.\(ending) hakube-bundle.json hakube-bundle.sig
            ssh-keygen -Y verify -f allowed -I maker -n hakube-bundle -s hakube-bundle.sig < hakube-bundle.json
            """
        let words = try Shell.run(line, in: place.home)
        #expect(words.contains("Good \"hakube-bundle\" signature for maker with ED25519 key \(signer.fingerprint)"))
    }

    @Test func `what ssh-keygen signs, hakube attaches and verifies`() throws {
        let place = try Place()
        let line = """
            tar -xf a.tar.zst hakube-bundle.json
            ssh-keygen -q -Y sign -n hakube-bundle -f own hakube-bundle.json
            """
        _ = try Shell.run(line, in: place.home)
        let signer = try BundleSigner.attach(signature: place.home + "/hakube-bundle.json.sig", to: place.file)
        #expect(try place.trusted("own.pub").keys == [signer])
        #expect(try BundleReader(place.file).requireSignature(by: place.trusted("own.pub")) == signer)
        _ = try BundleReader(place.file).verify()
    }

    @Test func `signing when packing, later, or by ssh-keygen gives the same bytes`() throws {
        let place = try Place()
        let target = place.home + "/b.tar.zst"
        _ = try BundlePacker.pack(folder: place.folder.path, to: target, key: place.key("own"))
        _ = try BundleSigner.sign(place.file, with: place.key("own"))
        #expect(try place.folder.home.bytes("a.tar.zst") == place.folder.home.bytes("b.tar.zst"))
        _ = try Shell.run(
            "tar -xf a.tar.zst hakube-bundle.json && ssh-keygen -q -Y sign -n hakube-bundle -f own hakube-bundle.json",
            in: place.home)
        _ = try BundleSigner.attach(
            signature: place.home + "/hakube-bundle.json.sig", to: place.file, output: place.home + "/c.tar.zst")
        #expect(try place.folder.home.bytes("a.tar.zst") == place.folder.home.bytes("c.tar.zst"))
    }

    @Test func `an unsigned bundle is refused where a signature is asked for`() throws {
        let place = try Place()
        let error = #expect(throws: BundleError.self) {
            try BundleReader(place.file).requireSignature(by: place.trusted("own.pub"))
        }
        #expect(try #require(error).description.contains("a.tar.zst: the bundle is not signed; take a signed one"))
        #expect(try BundleReader(place.file).signer() == nil)
    }

    @Test func `another's signature is refused with its fingerprint`() throws {
        let place = try Place()
        let signer = try BundleSigner.sign(place.file, with: place.key("other"))
        let error = #expect(throws: BundleError.self) {
            try BundleReader(place.file).requireSignature(by: place.trusted("own.pub"))
        }
        let text = try #require(error).description
        #expect(text.contains("the bundle is signed by another key, \(signer.fingerprint); take one signed by SHA256:"))
        #expect(text.contains("(own@example.org)"))
    }

    @Test func `a signature does not go over to another manifest`() throws {
        let place = try Place()
        _ = try BundleSigner.sign(place.file, with: place.key("own"))
        var parts = try BundleParts(place.file)
        parts.manifest["components"] = [["name": "runc", "version": "9.9"]]
        try place.folder.home.write(try parts.bytes(), to: "b.tar.zst")
        let error = #expect(throws: BundleError.self) {
            try BundleReader(place.home + "/b.tar.zst").requireSignature(by: place.trusted("own.pub"))
        }
        #expect(try #require(error).description.contains("the signature does not fit the manifest"))
    }

    @Test(arguments: [
        ("-n file", "the signature was made for `file`, not for hakube-bundle"),
        ("-n hakube-bundle -O hashalg=sha256", nil),
    ])
    func `a signature for anything else is none`(flags: String, fault: String?) throws {
        let place = try Place()
        let line = "tar -xf a.tar.zst hakube-bundle.json && ssh-keygen -q -Y sign \(flags) -f own hakube-bundle.json"
        _ = try Shell.run(line, in: place.home)
        let name = place.home + "/hakube-bundle.json.sig"
        guard let fault else {
            _ = try BundleSigner.attach(signature: name, to: place.file)
            _ = try BundleReader(place.file).requireSignature(by: place.trusted("own.pub"))
            return
        }
        let error = #expect(throws: BundleError.self) { try BundleSigner.attach(signature: name, to: place.file) }
        #expect(try #require(error).description.contains(fault))
    }

    @Test(arguments: [
        (
            "-t ed25519 -N secret",
            "the key has a passphrase, which hakube does not ask for; sign with `ssh-keygen -Y sign"
        ),
        ("-t ecdsa -N ''", "is a key for ecdsa-sha2-nistp256, and bundles are signed by Ed25519 keys only"),
        ("-t rsa -b 2048 -m PEM -N ''", "is no private key of OpenSSH's, or is damaged"),
    ])
    func `a key that cannot sign says why`(flags: String, fault: String) throws {
        let home = try TemporaryFolder()
        _ = try Shell.run("ssh-keygen -q \(flags) -f key", in: home.path)
        let error = #expect(throws: BundleError.self) { try SigningKey(file: home.path + "/key") }
        #expect(try #require(error).description.contains(fault))
        let list = #expect(throws: BundleError.self) { try TrustedKeys(file: home.path + "/none.pub") }
        #expect(try #require(list).description.contains("the file of public keys is missing"))
    }

    @Test func `a list of keys takes names before them, and refuses options`() throws {
        let place = try Place()
        _ = try Shell.run(
            "{ echo '# makers'; cat own.pub; echo; echo \"they@example.org $(cat other.pub)\"; } > list", in: place.home
        )
        #expect(try place.trusted("list").keys.map(\.comment) == ["own@example.org", "other@example.org"])
        _ = try Shell.run("echo \"me namespaces=\\\"file\\\" $(cat own.pub)\" > options", in: place.home)
        let error = #expect(throws: BundleError.self) { try place.trusted("options") }
        #expect(try #require(error).description.contains("options:1: is no line with an Ed25519 key"))
    }

    @Test func `the command asks for the signature before anything else`() async throws {
        let place = try Place()
        func hakube(_ arguments: String...) async throws -> ProgramRun {
            try await ProgramRun.run(
                Checkout.hakube, arguments, environment: ["HAKUBE_HOME": place.home + "/state"])
        }
        let own = place.home + "/own.pub"
        let unsigned = try await hakube(
            "init", "--masters", "10.0.0.1", "--yes", "--bundle", place.file, "--require-signature", own)
        #expect(unsigned.status == 6 && unsigned.err.contains("the bundle is not signed"), "\(unsigned.err)")
        #expect(try await hakube("bundle", "sign", place.file, "--key", place.home + "/own").status == 0)
        let verified = try await hakube("bundle", "verify", place.file, "--public-key", own)
        #expect(verified.status == 0 && verified.out.contains("signed by SHA256:"), "\(verified.err)")
        let other = try await hakube("bundle", "verify", place.file, "--public-key", place.home + "/other.pub")
        #expect(other.status == 6 && other.err.contains("signed by another key"), "\(other.err)")
    }

    @Test func `init calls no host for a bundle signed by another, and would for this one`() async throws {
        let place = try Place()
        _ = try BundleSigner.sign(place.file, with: place.key("other"))
        func initialize(by key: String) async throws -> (run: ProgramRun, wasCalled: Bool) {
            let host = try SilentHost()
            let inventory = "masters: [{address: 127.0.0.1, port: \(host.port), internalAddress: 10.0.0.1}]\n"
            try place.folder.home.write([UInt8](inventory.utf8), to: "cluster.yaml")
            async let run = ProgramRun.run(
                Checkout.hakube,
                [
                    "init", "-f", place.home + "/cluster.yaml", "--yes", "--bundle", place.file,
                    "--require-signature", "\(place.home)/\(key).pub",
                ], environment: ["HAKUBE_HOME": place.home + "/state"])
            // It says nothing to whoever comes, and then ends the line, so that nobody waits for it.
            let wasCalled = await Task.detached { host.hangUp(within: key == "other" ? 60 : 0) }.value
            let ended = try await run
            return (ended, wasCalled || host.wasCalled)
        }
        let refused = try await initialize(by: "own")
        #expect(refused.run.status == 6 && refused.run.err.contains("signed by another key"), "\(refused.run.err)")
        #expect(!refused.wasCalled)
        let taken = try await initialize(by: "other")
        #expect(taken.wasCalled, "\(taken.run.err)")
        #expect(taken.run.status != 6, "\(taken.run.err)")
    }

    @Test func `signing leaves a link a link and a mode as it was, and a key may lie behind a link`() throws {
        let place = try Place()
        for (link, file) in [("link.tar.zst", "a.tar.zst"), ("key", "own"), ("key.pub", "own.pub")] {
            try FileManager.default.createSymbolicLink(atPath: "\(place.home)/\(link)", withDestinationPath: file)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.file)
        let signer = try BundleSigner.sign(place.home + "/link.tar.zst", with: place.key("key"))
        #expect(try BundleReader(place.file).requireSignature(by: place.trusted("key.pub")) == signer)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: place.home + "/link.tar.zst") == "a.tar.zst")
        let attributes = try FileManager.default.attributesOfItem(atPath: place.file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `signing can be stopped, and the bundle stays as it was`() async throws {
        let place = try Place()
        let before = try place.folder.home.bytes("a.tar.zst")
        let file = place.file
        let key = try place.key("own")
        let task = Task {
            try BundleSigner.sign(file, with: key) { _, _ in withUnsafeCurrentTask { $0?.cancel() } }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try place.folder.home.bytes("a.tar.zst") == before)
        #expect(!FileManager.default.fileExists(atPath: file + ".part"))
    }
}
