// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

extension BundleReader {
    /// Who signed the bundle; `nil` if nobody did. Reads the head alone.
    ///
    /// - Throws: `BundleError`, also for a signature that does not fit the manifest.
    package func signer() throws -> PublicKey? { try signer(open().head) }

    /// Proves that one of the keys signed the bundle. Reads the head alone: a signature is about the manifest, which has a
    /// digest of everything else.
    ///
    /// - Returns: the key.
    /// - Throws: `BundleError`.
    package func requireSignature(by trusted: TrustedKeys) throws -> PublicKey {
        guard let signer = try signer() else {
            throw BundleError(
                path, "the bundle is not signed",
                "take a signed one, or sign it with `hakube bundle sign` if you know where it comes from")
        }
        guard let key = trusted.keys.first(where: { $0 == signer }) else {
            throw BundleError(
                path, "the bundle is signed by another key, \(signer.fingerprint)",
                "take one signed by \(trusted.keys.map(\.description).joined(separator: " or "))")
        }
        return key
    }

    private func signer(_ head: BundleHead) throws(BundleError) -> PublicKey? {
        guard !head.signature.isEmpty else { return nil }
        let place = "\(path): \(BundleHead.signatureName)"
        do throws(SSHSignature.Fault) {
            let signature = try SSHSignature(armored: head.signature)
            guard signature.isValid(for: head.text) else {
                throw SSHSignature.Fault(message: "the signature does not fit the manifest")
            }
            return signature.key
        } catch {
            throw BundleError(place, error.message, Remedy.again)
        }
    }
}
