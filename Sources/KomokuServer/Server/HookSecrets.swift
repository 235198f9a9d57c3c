internal import KomokuYAML

/// Reads the section `hooks`: `doorbell: {secret_file: /etc/komoku/doorbell}`.
enum HookSecrets {
    static func read(_ root: SettingsReader) -> [String: Secret] {
        guard let section = root.mapping("hooks") else { return [:] }
        var secrets: [String: Secret] = [:]
        for name in section.node.entries?.compactMap(\.key.text) ?? [] {
            guard let hook = section.mapping(name) else { continue }
            guard let secret = hook.secret("secret") else {
                if !hook.has("secret"), !hook.has("secret_file") {
                    hook.error(
                        "the webhook '\(name)' has no secret", remedy: "write 'secret_file: FILE', or leave it out here"
                    )
                }
                continue
            }
            guard secret.reveal().utf8.count >= least else {
                hook.error(
                    "the secret of the webhook '\(name)' is too short: it can be guessed",
                    remedy: "make one with 'openssl rand -hex 16'")
                continue
            }
            secrets[name] = secret
        }
        return secrets
    }

    /// Bytes.
    private static let least = 16
}
