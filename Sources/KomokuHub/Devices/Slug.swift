internal import Komoku

/// Names of keys made of the names of devices and properties, always the same of the same.
///
/// A device is one segment, a property keeps its levels. Each is in lower case, and each run of characters that a segment
/// forbids becomes one `_`, none at the ends: `Stair PIR` is `stair_pir`, `ENERGY.Power.1` is `energy.power.1`.
enum Slug {
    /// One segment; nil where nothing is left.
    static func segment(_ text: some StringProtocol) -> String? {
        if text.utf8.isPlainSegment { return String(text) }
        // A selector says how the emoji before it looks; by itself it is nothing that could be seen.
        let scalars = text.lowercased().unicodeScalars.filter { !$0.properties.isVariationSelector }
        guard let segment = KeyName.segment(from: String(String.UnicodeScalarView(scalars))) else { return nil }
        let trimmed = segment.utf8.trimming(UInt8(ascii: "_"))
        return trimmed.isEmpty ? nil : trimmed
    }

    /// The first part of a device's keys.
    static func device(_ name: String, _ id: DeviceID) -> KeyName? {
        fitted(segment(name) ?? segment(id.text) ?? "device", within: DeviceNames.maximumPart)
    }

    /// The last part of a property's key, with dots between its levels.
    static func property(_ name: String) -> String {
        let levels = name.split(separator: ".").compactMap(segment)
        return levels.isEmpty ? "value" : levels.joined(separator: ".")
    }

    /// A key of a device, cut where it is too long.
    static func key(_ part: KeyName, _ property: String) -> KeyName? {
        fitted("\(part.text).\(self.property(property))", within: KeyName.maximumLength)
    }

    /// The name with something behind it; the name is cut where both are too long together.
    static func suffixed(_ name: KeyName, _ suffix: String, within limit: Int = KeyName.maximumLength) -> KeyName {
        let room = max(1, limit - suffix.utf8.count - 1)
        let base = fitted(name.text, within: room)?.text ?? "key"
        return KeyName("\(base)_\(suffix)") ?? name
    }

    /// A name of at most `limit` bytes: a longer one is cut between two scalars and gets a hash of all of it, so that two long
    /// ones differ. Nil where it is none.
    static func fitted(_ text: String, within limit: Int) -> KeyName? {
        if text.utf8.count <= limit { return KeyName(text) }
        let suffix = "_" + hash(text)
        var cut = String.UnicodeScalarView()
        var size = suffix.utf8.count
        for scalar in text.unicodeScalars {
            size += scalar.utf8.count
            if size > limit { break }
            cut.append(scalar)
        }
        while let last = cut.last, last == "." || last == "_" { cut.removeLast() }
        return KeyName(String(cut) + suffix)
    }

    /// Eight hexadecimal digits of FNV-1a: the same on every machine.
    static func hash(_ text: String) -> String {
        var hash: UInt32 = 0x811C_9DC5
        for byte in text.utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// What tells a device from others of its name: the last four letters and digits of its id, then more of them.
    static func tails(of id: DeviceID) -> [String] {
        let letters = (segment(id.text) ?? "").unicodeScalars.filter { $0 != "_" && $0 != "-" }.suffix(longestTail)
        guard !letters.isEmpty else { return [] }
        return (min(4, letters.count)...letters.count).map { count in
            var tail = String.UnicodeScalarView()
            tail.append(contentsOf: letters.suffix(count))
            return String(tail)
        }
    }

    private static let longestTail = 24
}

extension Collection<UInt8> {
    /// Whether it is a segment as it stands: most are.
    fileprivate var isPlainSegment: Bool {
        var isPlain = !isEmpty && first != UInt8(ascii: "_")
        var last: UInt8 = 0
        for byte in self {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                last = byte
            default: isPlain = false
            }
            if !isPlain { break }
        }
        return isPlain && last != UInt8(ascii: "_")
    }
}

extension String.UTF8View {
    fileprivate func trimming(_ byte: UInt8) -> String {
        let start = firstIndex { $0 != byte } ?? endIndex
        guard let last = self[start...].lastIndex(where: { $0 != byte }) else { return "" }
        return String(self[start...last]) ?? ""
    }
}
