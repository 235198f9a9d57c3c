import Glibc
package import Komoku

/// Finds time zones among the files that the system has of them.
package struct ZoneFiles: Sendable {
    private let directory: String
    private let localtime: String
    private let environment: String?

    /// - Parameters:
    ///   - localtime: the file of the system's own zone.
    ///   - environment: what `TZ` is set to.
    package init(
        directory: String = "/usr/share/zoneinfo", localtime: String = "/etc/localtime", environment: String? = nil
    ) {
        self.directory = directory
        self.localtime = localtime
        self.environment = environment
    }

    /// A zone that there is not.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// The zone of a name such as `Europe/Warsaw`. `UTC` is always there; `local` is that of the system.
    package func zone(named name: String) throws(Failure) -> Zone {
        if name.utf8.elementsEqual("UTC".utf8) { return .utc }
        if name.utf8.elementsEqual("local".utf8) { return try local() }
        guard Self.isName(name) else {
            throw Failure(
                description: "'\(name.prefix(80))' is not the name of a time zone; write one such as Europe/Warsaw")
        }
        guard let bytes = ZoneDirectory.bytes(at: directory + "/" + name) else { throw unknown(name) }
        return try zone(name, bytes)
    }

    private func zone(_ name: String, _ bytes: [UInt8]) throws(Failure) -> Zone {
        do {
            return try Zone(name: name, tzif: bytes)
        } catch {
            throw Failure(description: "the file of time zone '\(name)' cannot be read: \(error)")
        }
    }

    /// Segments of letters, digits, `_`, `-` and `+`: nothing leads out of the directory.
    private static func isName(_ name: String) -> Bool {
        let isShort = (1...255).contains(name.utf8.count)
        return isShort
            && name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { segment in
                !segment.isEmpty
                    && segment.allSatisfy { byte in
                        switch byte {
                        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                            UInt8(ascii: "+"):
                            true
                        default: false
                        }
                    }
            }
    }

    private func unknown(_ name: String) -> Failure {
        let names = ZoneDirectory.names(in: directory)
        if names.isEmpty {
            return Failure(
                description: "time zone '\(name)' was not found: there are no zones in \(directory); install tzdata")
        }
        // A city alone is often all that is remembered.
        let cities = names.filter { $0.utf8.reversed().starts(with: ("/" + name).utf8.reversed()) }
        let question = cities.first.map { "did you mean '\($0)'?" } ?? Suggestion.question(for: name, in: names)
        return Failure(
            description: "there is no time zone '\(name)'; " + (question ?? "write one such as Europe/Warsaw"))
    }

    /// As the C library takes it (tzset(3)): a `TZ` that is empty is UTC; without one, and without the file too.
    private func local() throws(Failure) -> Zone {
        guard var text = environment else {
            guard let bytes = ZoneDirectory.bytes(at: localtime) else { return .utc }
            return try zone(name(ofFile: localtime) ?? "local", bytes)
        }
        if text.utf8.first == UInt8(ascii: ":") { text.removeFirst() }
        if text.isEmpty { return .utc }
        if text.utf8.first == UInt8(ascii: "/") {
            guard let bytes = ZoneDirectory.bytes(at: text) else {
                throw Failure(description: "TZ is '\(text.prefix(80))', and there is no such file")
            }
            return try zone(name(ofFile: text) ?? "local", bytes)
        }
        if Self.isName(text), !text.utf8.elementsEqual("local".utf8), let zone = try? zone(named: text) { return zone }
        guard let zone = try? Zone(name: "local", rule: text) else {
            throw Failure(description: "TZ is '\(text.prefix(80))', which is neither a time zone nor a rule of one")
        }
        return zone
    }

    /// The zone that a link such as `/etc/localtime` leads to.
    private func name(ofFile path: String) -> String? {
        guard let resolved = ZoneDirectory.resolved(path), let root = ZoneDirectory.resolved(directory) else {
            return nil
        }
        let prefix = root + "/"
        guard resolved.utf8.starts(with: prefix.utf8) else { return nil }
        let name = String(resolved.utf8.dropFirst(prefix.utf8.count)) ?? ""
        return Self.isName(name) ? name : nil
    }
}
