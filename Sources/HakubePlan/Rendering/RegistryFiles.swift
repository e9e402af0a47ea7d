// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: the hakube authors

import HakubeModel
import HakubeTemplates

/// containerd's hosts.toml of each registry in the inventory; containerd reads them at every pull, so none needs a restart.
struct RegistryFiles {
    static let folder = "/etc/containerd/certs.d"
    private static let certificate = "hakube-ca.crt"

    static func hostsFile(of registry: String) -> String { "\(folder)/\(registry)/hosts.toml" }

    let registries: [Registry]
    var renderer = TemplateRenderer()

    /// - Throws: `TemplateError`.
    func files() throws -> [RemoteFile] {
        try registries.flatMap { registry in
            let place = "\(Self.folder)/\(registry.host)"
            var files: [RemoteFile] = []
            if let ca = registry.ca {
                let text = ca.hasSuffix("\n") ? ca : ca + "\n"
                files.append(
                    RemoteFile(path: "\(place)/\(Self.certificate)", text: "# hakube: of the inventory\n" + text))
            }
            // containerd reads it as root; a login is nobody else's business.
            let mode = registry.login == nil ? 0o644 : 0o600
            let path = Self.hostsFile(of: registry.host)
            files.append(RemoteFile(path: path, mode: mode, text: try hosts(registry, place)))
            return files
        }
    }

    /// After all endpoints containerd asks `server`, which by default is the registry of the image's name. The last endpoint
    /// takes that place, so that nobody is asked whom the inventory does not name.
    ///
    /// docker.io is a name in references only: the registry behind it is registry-1.docker.io.
    private func hosts(_ registry: Registry, _ place: String) throws -> String {
        let written = registry.endpoints.isEmpty ? ["https://\(registry.host)"] : registry.endpoints
        let endpoints = written.map { endpoint in
            ["https://docker.io", "https://docker.io/"].contains(endpoint) ? "https://registry-1.docker.io" : endpoint
        }
        let ca = registry.ca.map { _ in ["\(place)/\(Self.certificate)"] } ?? []
        let shared: [String: Any] = ["ca": ca, "skipVerify": registry.skipVerify]
        // Written as Go spells it: where a registry wants a token, containerd then puts that in its place, not beside it.
        func header(_ table: String) -> [[String: String]] {
            registry.login == nil
                ? [] : [["table": table, "name": "Authorization", "login": RegistryLogin.marker(of: registry.host)]]
        }
        return try renderer.render(
            .registryHosts,
            shared.merging([
                "server": endpoints.last ?? "",
                "headers": header("header"),
                "hosts": endpoints.dropLast().map { url in
                    shared.merging(["url": url, "headers": header("host.\"\(url)\".header")]) { ours, _ in ours }
                },
            ]) { ours, _ in ours })
    }

    /// Takes away what an earlier run wrote for a registry that the inventory names no more; a file that stood there before
    /// hakube comes back.
    func sweeping() throws -> Step {
        let wanted = try files().map { Script.quoted($0.path) }.joined(separator: " ")
        let left = """
            left() {
                for file in \(Self.folder)/*/hosts.toml \(Self.folder)/*/\(Self.certificate); do
                    if [ -f "$file" ] && [ ! -L "$file" ] && head -n 1 "$file" | grep -q '^# hakube: '; then
                        for path in \(wanted.isEmpty ? "''" : wanted); do
                            if [ "$path" = "$file" ]; then continue 2; fi
                        done
                        printf '%s\\n' "$file"
                    fi
                done
            }
            """
        return Step(
            id: "registries", title: "forget registries that the inventory does not name",
            action: .run(
                Script(
                    """
                    \(left)
                    left | while IFS= read -r file; do
                        if [ -f "\(HostPath.state)/receipt/kept$file" ]; then cp -a "\(HostPath.state)/receipt/kept$file" "$file"
                        else
                            rm "$file"
                            rmdir "${file%/*}" 2>/dev/null || :
                        fi
                    done
                    """)),
            unless: Script("\(left)\n[ -z \"$(left)\" ]"))
    }
}
