package import Komoku

/// A part of the configuration that makes keys of messages, and what it says of them.
package final class KeySource: Sendable {
    /// Tells it from others, also after a restart: made of what it says about topics and keys, not of its options.
    package let text: String
    /// The keys that it can make.
    package let shape: KeyShape
    /// Nil where the first payload decides.
    package let type: KeyType?
    package let options: [JSON.Member]

    package init(_ text: String, shape: KeyShape, type: KeyType? = nil, options: [JSON.Member] = []) {
        self.text = text.utf8.count <= Self.maximumText ? text : Self.shortened(text)
        self.shape = shape
        self.type = type
        self.options = options
    }

    /// It is kept with every key, in bytes of UTF-8.
    static let maximumText = 1024

    private static func shortened(_ text: String) -> String {
        String(decoding: text.utf8.prefix(200), as: UTF8.self) + "…" + Slug.hash(text)
    }
}

extension KeySource: Hashable {
    package static func == (left: KeySource, right: KeySource) -> Bool {
        left === right
            || left.text.utf8.elementsEqual(right.text.utf8) && left.shape == right.shape && left.type == right.type
                && left.options == right.options
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// What the names of some keys have in common: `{room}.temperature` is a segment, then the rest.
package struct KeyShape: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case literal([UInt8])
        /// Bytes without a dot; none too.
        case segment
        /// Any bytes; none too.
        case segments
    }

    private let parts: [Part]

    package init(_ parts: [Part]) { self.parts = parts }

    package init(naming name: KeyName) { parts = [.literal(Array(name.text.utf8))] }

    /// The only name that has it; nil where there are others.
    package var name: KeyName? {
        var bytes: [UInt8] = []
        for part in parts {
            guard case .literal(let literal) = part else { return nil }
            bytes += literal
        }
        return KeyName(String(decoding: bytes, as: UTF8.self))
    }

    package func matches(_ name: KeyName) -> Bool {
        let bytes = Array(name.text.utf8)
        if case .literal(let start)? = parts.first, !bytes.starts(with: start) { return false }
        // The lengths of what the parts so far may stand for.
        var ends = [true] + Array(repeating: false, count: bytes.count)
        for part in parts { ends = Self.advance(part, ends, bytes) }
        return ends[bytes.count]
    }

    private static func advance(_ part: Part, _ starts: [Bool], _ bytes: [UInt8]) -> [Bool] {
        var ends = Array(repeating: false, count: bytes.count + 1)
        switch part {
        case .literal(let literal):
            for start in starts.indices where starts[start] && bytes[start...].starts(with: literal) {
                ends[start + literal.count] = true
            }
        case .segment, .segments:
            var isOpen = false
            for end in ends.indices {
                if part == .segment, end > 0, bytes[end - 1] == UInt8(ascii: ".") { isOpen = false }
                isOpen = isOpen || starts[end]
                ends[end] = isOpen
            }
        }
        return ends
    }
}
