import Komoku

extension SettingsReader {
    private static let secretBytes = 65_536

    /// The secret under `key`, or in the file that `key_file` names; nil where neither is given, or after a report.
    ///
    /// Of a file the first line counts. Its path is relative to the file of settings; one without a slash is looked up
    /// in `$CREDENTIALS_DIRECTORY` first, where systemd puts credentials.
    package func secret(_ key: String) -> Secret? {
        let direct = setting(key)
        guard let file = setting(key + "_file") else {
            return direct?.value(.string).map(Secret.init)
        }
        if direct != nil {
            error(at: key + "_file", "\(subject) has '\(key)' and '\(key)_file'", remedy: "keep one of them")
        }
        guard let path = file.value(.text("the path of a file", Self.path)) else { return nil }
        return secret(in: path, named: file)
    }

    /// The path of a file under `key`, found as the file of a secret is; nil where it is absent, or wrong and reported.
    package func file(_ key: String) -> (path: String, setting: Setting)? {
        guard let setting = setting(key), let path = setting.value(.text("the path of a file", Self.path)) else {
            return nil
        }
        let source = report.source
        let beside = SettingsPath.resolve(path, besides: setting.position.file)
        let folder = source.environment["CREDENTIALS_DIRECTORY"] ?? ""
        guard !folder.isEmpty, !path.utf8.contains(UInt8(ascii: "/")) else { return (beside, setting) }
        let credential = folder + "/" + path
        let isThere = (try? source.files.read(credential, limit: Self.secretBytes)) != nil
        return (isThere ? credential : beside, setting)
    }

    private static func path(_ text: String) throws(Setting.Invalid) -> String {
        if text.isEmpty { throw Setting.Invalid("it is empty") }
        if text.utf8.contains(0) { throw Setting.Invalid("it holds a zero byte") }
        return text
    }

    private func secret(in path: String, named file: Setting) -> Secret? {
        let name = file.node.scalar?.shownName ?? ""
        do throws(FileFailure) {
            let text = try read(path, besides: file.position.file)
            let line = text.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            guard !line.isEmpty else { throw FileFailure("its first line is empty") }
            guard let secret = String(validating: line, as: UTF8.self) else { throw FileFailure("it is not UTF-8") }
            return Secret(secret)
        } catch {
            report.error(at: file.position, "\(file.subject) names '\(name)', which cannot be read: \(error.reason)")
            return nil
        }
    }

    private func read(_ path: String, besides file: String) throws(FileFailure) -> [UInt8] {
        let source = report.source
        let beside = SettingsPath.resolve(path, besides: file)
        let folder = source.environment["CREDENTIALS_DIRECTORY"] ?? ""
        guard !folder.isEmpty, !path.utf8.contains(UInt8(ascii: "/")) else {
            return try source.files.read(beside, limit: Self.secretBytes)
        }
        if let text = try? source.files.read(folder + "/" + path, limit: Self.secretBytes) { return text }
        return try source.files.read(beside, limit: Self.secretBytes)
    }
}
