internal import Glibc
internal import Komoku

/// Time zones of this machine, by their names: of what is printed, and of local times in a file.
enum SystemZone {
    private static let folder = "/usr/share/zoneinfo/"

    /// - Throws: `Failure` where there is no such zone.
    static func named(_ name: String) throws -> Zone {
        if name.utf8.elementsEqual("UTC".utf8) { return .utc }
        let isName = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !name.hasPrefix("/") && !name.contains("..")
        guard isName, !name.isEmpty, let zone = read(folder + name, name) else {
            throw Failure.usage("there is no time zone '\(name.printable)'; write one such as Europe/Warsaw")
        }
        return zone
    }

    /// That of this machine, or of `TZ`.
    static var own: Zone {
        guard let text = getenv("TZ").map({ String(cString: $0) }), !text.isEmpty else {
            return read("/etc/localtime", "this machine's zone") ?? .utc
        }
        let name = text.hasPrefix(":") ? String(text.dropFirst()) : text
        let path = name.hasPrefix("/") ? name : folder + name
        return read(path, name) ?? (try? Zone(name: name, rule: name)) ?? .utc
    }

    private static func read(_ path: String, _ name: String) -> Zone? {
        guard let file = try? InputFile(path), let size = file.size, size < 1 << 20 else { return nil }
        var bytes: [UInt8] = []
        while let more = try? file.read(), !more.isEmpty { bytes += more }
        return try? Zone(name: name, tzif: bytes)
    }
}
