internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuYAML

/// The hubs of a person, by the names in `~/.config/komoku/config.yaml`.
struct HubProfiles {
    /// What the file says of one hub.
    struct Profile {
        var server: HubAddress?
        var access = HubAccess()
    }

    private let path: String
    private var profiles: [String: Profile] = [:]
    /// The hub that is meant where none is named.
    private(set) var usual: String?

    /// - Parameter name: the hub that is meant; nil is the usual one.
    /// - Returns: nil where there is no such file.
    /// - Throws: `Failure` where it cannot be read, with each place.
    static func read(for name: String?) throws -> HubProfiles? {
        guard let path, access(path, F_OK) == 0 else { return nil }
        return try HubProfiles(path, for: name)
    }

    /// Where the file is, by the XDG Base Directory Specification.
    static var path: String? {
        if let folder = HubProgram.environment("XDG_CONFIG_HOME"), folder.hasPrefix("/") {
            return folder + "/komoku/config.yaml"
        }
        guard let home = HubProgram.environment("HOME"), !home.isEmpty else { return nil }
        return home + "/.config/komoku/config.yaml"
    }

    init(_ path: String, for chosen: String?) throws {
        self.path = path
        let source = YAMLSource(environment: Self.environment, files: DiskFiles())
        let document = source.load(path)
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        var others: Set<SourcePosition> = []
        if let root = document.root {
            let reader = SettingsReader(root, report: report)
            usual = reader.value("default", .nonEmptyString)
            others = Self.refusals(in: root, besides: chosen ?? usual)
            if let hubs = reader.mapping("hubs") {
                for entry in hubs.entries {
                    guard let name = entry.key.node.text, let one = entry.value.reader() else { continue }
                    let isMeant = (chosen ?? usual).map { name.utf8.elementsEqual($0.utf8) } ?? false
                    profiles[name] = Self.profile(one, isMeant: isMeant)
                    one.finish()
                }
            }
            if let usual, profiles[usual] == nil {
                reader.error(at: "default", "'hubs' has no '\(usual.printable)'", remedy: "name one of 'hubs'")
            }
            reader.finish()
        }
        let errors = report.diagnostics.sorted.filter { $0.severity == .error && !others.contains($0.position) }
        guard errors.isEmpty else {
            throw Failure.usage(errors.map { "\($0)".printable }.joined(separator: "\nkomoku: "))
        }
        for warning in report.diagnostics.sorted { Terminal.complain("\(warning)".printable) }
    }

    /// Where other hubs have values that cannot be had, of variables that are not set: nobody asks for them now.
    private static func refusals(in root: YAMLNode, besides name: String?) -> Set<SourcePosition> {
        let hubs = root.entry("hubs")?.value.entries ?? []
        let others = hubs.filter { hub in name.map { !(hub.key.text ?? "").utf8.elementsEqual($0.utf8) } ?? true }
        return Set(others.flatMap { $0.value.refusals })
    }

    /// - Throws: `Failure` where there is none of that name.
    func profile(named name: String) throws -> Profile {
        if let profile = profiles[name] { return profile }
        let remedy =
            Suggestion.question(for: name, in: Array(profiles.keys))
            ?? "it has \(profiles.keys.sorted().joined(separator: ", ").printable)"
        throw Failure.usage("\(path.printable) has no hub '\(name.printable)'; \(remedy)")
    }

    /// - Parameter isMeant: of the others, files and secrets stay unread: they may be there only when they are needed.
    private static func profile(_ reader: SettingsReader, isMeant: Bool) -> Profile {
        var profile = Profile()
        profile.server = reader.value("server", .hubAddress)
        guard isMeant else {
            reader.declare("token", "token_file", "ca", "fingerprint", "certificate", "key")
            return profile
        }
        if let secret = reader.secret("token") {
            profile.access.token = HubAccess.Token(secret.reveal())
            if profile.access.token == nil {
                let key = reader.has("token") ? "token" : "token_file"
                reader.error(at: key, "this is no token", remedy: "'komoku token add' on the hub prints one")
            }
            warnOfReaders(of: reader)
        }
        let (ca, fingerprint) = (reader.file("ca"), reader.value("fingerprint", .fingerprint))
        if let ca { profile.access.trust = .authorities(file: ca.path) }
        if let fingerprint { profile.access.trust = .fingerprint(fingerprint) }
        if ca != nil, fingerprint != nil {
            reader.error(at: "fingerprint", "\(reader.subject) has 'ca' and 'fingerprint'", remedy: "keep one of them")
        }
        let (certificate, key) = (reader.file("certificate"), reader.file("key"))
        if let certificate, let key { profile.access.certificate = (certificate.path, key.path) }
        if (certificate == nil) != (key == nil), reader.has("certificate") != reader.has("key") {
            reader.error("\(reader.subject) needs both 'certificate' and 'key', or none of them")
        }
        return profile
    }

    /// A token in a file that others may read is theirs, too.
    private static func warnOfReaders(of reader: SettingsReader) {
        guard reader.has("token") else { return }
        let position = reader.position(of: "token")
        var status = stat()
        guard stat(position.file, &status) == 0, status.st_mode & 0o077 != 0 else { return }
        reader.warning(at: "token", "others may read this token", remedy: "chmod 600 \(position.file)")
    }

    private static var environment: [String: String] {
        // `${NAME}` in the file.
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return result
    }
}

extension YAMLNode {
    /// The places of what was refused in it, at any depth.
    fileprivate var refusals: [SourcePosition] {
        switch content {
        case .scalar: []
        case .sequence(let items): items.flatMap(\.refusals)
        case .mapping(let entries): entries.flatMap { $0.value.refusals }
        case .refused: [position]
        }
    }
}

extension SettingType where Value == HubAddress {
    fileprivate static var hubAddress: SettingType {
        .text("the address of a hub, such as wss://hub.lan:7274") { text throws(Setting.Invalid) in
            do throws(ClientError) {
                return try HubAddress(text)
            } catch {
                guard case .badAddress(_, let reason) = error else { throw Setting.Invalid("it is none") }
                throw Setting.Invalid(reason)
            }
        }
    }
}

extension SettingType where Value == HubAccess.Fingerprint {
    fileprivate static var fingerprint: SettingType {
        .text("a SHA-256 in hexadecimal digits") { text throws(Setting.Invalid) in
            guard let fingerprint = HubAccess.Fingerprint(text) else {
                throw Setting.Invalid(
                    "it does not have 64 hexadecimal digits", remedy: "'komoku tls show' on the hub prints it")
            }
            return fingerprint
        }
    }
}
