package import Komoku

/// A figure of the host at one time: `cpu.user` is 3.5 %.
package struct HostReading: Hashable, Sendable {
    /// What of the key comes behind the host's name.
    package let key: String
    package let value: JSON
    package let type: KeyType
    package let unit: String?

    package static func number(_ key: String, _ value: Double, _ unit: String? = nil) -> HostReading {
        HostReading(key: key, value: .number(value), type: .numeric, unit: unit)
    }

    /// One that only grows, until the machine starts again.
    package static func counter(_ key: String, _ value: Double, _ unit: String? = nil) -> HostReading {
        HostReading(key: key, value: .number(value), type: .counter, unit: unit)
    }

    package static func text(_ key: String, _ value: String) -> HostReading {
        HostReading(key: key, value: .string(value), type: .string, unit: nil)
    }

    package static func flag(_ key: String, _ value: Bool) -> HostReading {
        HostReading(key: key, value: .bool(value), type: .boolean, unit: nil)
    }

    /// A name of the machine as a segment of a key: `eth0.100` is `eth0_100`, `/var/lib` is `var_lib`, `/` is `root`.
    package static func segment(_ name: String) -> String {
        // As most are.
        let isPlain = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        if isPlain, (1...80).contains(name.utf8.count) { return name }
        var text = name
        while text.first == "/" { text.removeFirst() }
        if text.isEmpty { return "root" }
        let segment = String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(80).map { $0 != "." && KeyName(String($0)) != nil ? $0 : "_" }))
        return segment
    }
}
