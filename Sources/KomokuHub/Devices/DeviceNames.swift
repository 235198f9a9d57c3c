package import Komoku

/// What the configuration calls devices and their keys: `devices: names:`.
package struct DeviceNames: Hashable, Sendable {
    /// An entry of the configuration.
    package enum Entry: Hashable, Sendable {
        /// A device, by its id or its name, gets the first part of its keys.
        case device(text: String, part: KeyName)
        /// The key that matches, as it would be called without, gets another name.
        case key(pattern: KeyPattern, template: Template)
    }

    /// In the order of the file; the first that fits counts.
    package var entries: [Entry] = []

    package init() {}

    /// The longest first part of a device's keys, in bytes: the rest is left for its properties.
    package static let maximumPart = 127

    /// The first part of the keys of a device; nil where no entry says so.
    func part(of device: DeviceID, named name: String) -> KeyName? {
        for case .device(let text, let part) in entries
        where text.utf8.elementsEqual(device.text.utf8) || text.utf8.elementsEqual(name.utf8) {
            return part
        }
        return nil
    }

    /// What a key is called; nil where no entry says so.
    func name(insteadOf key: KeyName) -> KeyName? {
        for case .key(let pattern, let template) in entries where pattern.matches(key) {
            if let name = KeyCaptures(of: key, by: pattern).flatMap(template.name) { return name }
        }
        return nil
    }
}

extension DeviceNames {
    /// The name of a key with marks for what the wildcards of a pattern stood for: `signal.{1}`.
    package struct Template: Hashable, Sendable {
        private enum Part: Hashable, Sendable {
            case text(String)
            /// From 1 on.
            case capture(Int)
        }

        private let parts: [Part]

        /// - Parameter wildcards: how many the pattern has.
        /// - Throws: why the text is no template, as a sentence.
        package init(_ text: String, wildcards: Int) throws(CommandRefusal) {
            var parts: [Part] = []
            var rest = Substring(text)
            while let open = rest.firstIndex(of: "{") {
                if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
                guard let close = rest[open...].firstIndex(of: "}") else { throw CommandRefusal("a '}' is missing") }
                guard let number = Int(rest[rest.index(after: open)..<close]), 1...max(1, wildcards) ~= number,
                    wildcards > 0
                else { throw CommandRefusal(Self.remedy(wildcards)) }
                parts.append(.capture(number))
                rest = rest[rest.index(after: close)...]
            }
            if !rest.isEmpty { parts.append(.text(String(rest))) }
            self.parts = parts
            do throws(KeyName.Invalid) {
                _ = try KeyName(validating: filled { _ in "a" })
            } catch {
                throw CommandRefusal(error.reason)
            }
        }

        private static func remedy(_ wildcards: Int) -> String {
            switch wildcards {
            case 0: "the pattern has no wildcard that '{…}' could stand for"
            case 1: "'{1}' is what the wildcard of the pattern stood for"
            default: "'{1}' to '{\(wildcards)}' are what the wildcards of the pattern stood for"
            }
        }

        /// Segments that a wildcard left empty are left out; nil where nothing is left.
        func name(_ captures: KeyCaptures) -> KeyName? {
            let text = filled { captures.texts.indices.contains($0 - 1) ? captures.texts[$0 - 1] : "" }
            let segments = text.split(separator: ".")
            return Slug.fitted(segments.joined(separator: "."), within: KeyName.maximumLength)
        }

        private func filled(_ capture: (Int) -> String) -> String {
            var text = ""
            for part in parts {
                switch part {
                case .text(let own): text += own
                case .capture(let number): text += capture(number)
                }
            }
            return text
        }
    }

}

/// What the wildcards of a pattern stand for in one name, `**` with its dots.
struct KeyCaptures {
    let texts: [String]

    /// Nil where the pattern does not match.
    init?(of key: KeyName, by pattern: KeyPattern) {
        let (segments, wanted) = (key.text.split(separator: "."), Self.segments(of: pattern))
        var found: [Range<Int>] = []
        var (next, index) = (0, 0)
        // Only the last `**` is ever tried again: it takes a segment more.
        var retry: (next: Int, index: Int, found: Int)?
        while next < wanted.count || index < segments.count {
            if next < wanted.count, wanted[next] == "**" {
                retry = (next, index, found.count)
                found.append(index..<index)
                next += 1
            } else if next < wanted.count, index < segments.count, wanted[next] == "*" {
                found.append(index..<(index + 1))
                (next, index) = (next + 1, index + 1)
            } else if next < wanted.count, index < segments.count,
                wanted[next].utf8.elementsEqual(segments[index].utf8)
            {
                (next, index) = (next + 1, index + 1)
            } else {
                guard let last = retry, last.index < segments.count else { return nil }
                let start = found[last.found].lowerBound
                found.removeSubrange(last.found...)
                found.append(start..<(last.index + 1))
                retry = (last.next, last.index + 1, last.found)
                (next, index) = (last.next + 1, last.index + 1)
            }
        }
        texts = found.map { segments[$0].joined(separator: ".") }
    }

    /// How many wildcards a pattern has.
    static func count(in pattern: KeyPattern) -> Int { segments(of: pattern).count { $0 == "*" || $0 == "**" } }

    /// Several `**` in a row are one.
    private static func segments(of pattern: KeyPattern) -> [Substring] {
        var segments: [Substring] = []
        for segment in pattern.text.split(separator: ".") where !(segment == "**" && segments.last == "**") {
            segments.append(segment)
        }
        return segments
    }
}
