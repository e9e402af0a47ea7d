// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import ArgumentParser
import HakubeBundle

/// `hakube bundle sign FILE`: a signature by an Ed25519 key of OpenSSH's, made here or by ssh-keygen.
struct BundleSign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign a bundle, or attach a signature that ssh-keygen made.",
        discussion: """
            A key with a passphrase, or one in an agent, signs through ssh-keygen:

              hakube bundle extract FILE DIR hakube-bundle.json
              ssh-keygen -Y sign -n hakube-bundle -f KEY DIR/hakube-bundle.json
              hakube bundle sign FILE --signature DIR/hakube-bundle.json.sig
            """)

    @Argument(help: "The bundle.")
    var file: String

    @Option(help: ArgumentHelp("Private Ed25519 key of OpenSSH's, without a passphrase.", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("Signature that `ssh-keygen -Y sign -n hakube-bundle` made.", valueName: "file"))
    var signature: String?

    @Option(name: [.short, .long], help: "Where the signed bundle goes (default: it replaces the bundle).")
    var output: String?

    func validate() throws {
        guard (key == nil) != (signature == nil) else {
            throw ValidationError("Give one of --key and --signature.")
        }
    }

    func run() async throws {
        let (file, key, signature, output) = (file, key, signature, output)
        let signer = try await Interrupt.cancels {
            let meter = ByteMeter("sign")
            defer { meter.end() }
            guard let signature else {
                return try BundleSigner.sign(file, with: SigningKey(file: key ?? ""), to: output) { meter.show($0, $1) }
            }
            return try BundleSigner.attach(signature: signature, to: file, output: output) { meter.show($0, $1) }
        }
        print("\(output ?? file) is signed by \(signer)")
    }
}
