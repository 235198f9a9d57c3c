/// A key name with wildcards: `*` stands for one segment, `**` for any number of them, none included.
///
/// `kitchen.*` matches `kitchen.temperature` but not `kitchen.oven.power`; `kitchen.**` matches both, and `kitchen`.
public struct KeyPattern: Hashable, Sendable {
    enum Segment: Hashable, Sendable {
        case literal([UInt8])
        case one
        case any
    }

    /// The pattern as it was written.
    public let text: String
    let segments: [Segment]

    /// Every key.
    public static let all = KeyPattern(text: "**", segments: [.any])

    /// - Throws: `KeyName.Invalid` where a segment is neither a wildcard nor part of a name.
    public init(validating text: String) throws(KeyName.Invalid) {
        var segments: [Segment] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            switch part {
            case "*":
                segments.append(.one)
            case "**":
                if segments.last != .any { segments.append(.any) }
            default:
                segments.append(.literal(Array(try Self.literal(part, of: text).utf8)))
            }
        }
        if text.utf8.count > KeyName.maximumLength {
            throw KeyName.Invalid(text: text, reason: "it is longer than \(KeyName.maximumLength) bytes")
        }
        self.init(text: text, segments: segments)
    }

    /// The pattern that matches one name only.
    public init(_ name: KeyName) {
        self.init(
            text: name.text, segments: name.text.utf8.split(separator: UInt8(ascii: ".")).map { .literal(Array($0)) })
    }

    /// A pattern that every name matches in which each nil is filled in with one part or several; nil where that is no pattern.
    public init?(parts: [String?]) {
        let text = parts.map { $0 ?? "\u{0}" }.joined()
        let segments = text.split(separator: ".", omittingEmptySubsequences: false).map { segment in
            segment == "\u{0}" ? "**" : segment.contains("\u{0}") ? "*" : String(segment)
        }
        guard let pattern = try? KeyPattern(validating: segments.joined(separator: ".")) else { return nil }
        self = pattern
    }

    private init(text: String, segments: [Segment]) {
        self.text = text
        self.segments = segments
    }

    private static func literal(_ part: Substring, of text: String) throws(KeyName.Invalid) -> String {
        do throws(KeyName.Invalid) {
            return try KeyName(validating: String(part)).text
        } catch {
            let wildcard = part.contains("*") ? "'*' and '**' stand for whole segments" : error.reason
            throw KeyName.Invalid(text: text, reason: wildcard)
        }
    }

    /// The name that the pattern is, where it has no wildcard.
    public var name: KeyName? { isLiteral ? KeyName(text) : nil }

    public var isLiteral: Bool {
        segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    public func matches(_ name: KeyName) -> Bool {
        name.withBytes { bytes in
            Self.matches(segments[...], UnsafeRawBufferPointer(bytes)[...])
        }
    }

    /// Whether every name that the other pattern matches is one of this pattern's, as far as the segments tell: where several
    /// patterns would have to be joined to say so, it is false.
    public func covers(_ other: KeyPattern) -> Bool {
        // Which beginnings of `other` this one may have matched: a line of a table of both.
        var line = [Bool](repeating: false, count: other.segments.count + 1)
        line[0] = true
        for segment in segments {
            var next = [Bool](repeating: false, count: line.count)
            if segment == .any { next[0] = line[0] }
            for (index, there) in other.segments.enumerated() {
                switch (segment, there) {
                case (.any, _): next[index + 1] = next[index] || line[index + 1]
                case (.one, .any), (.literal, .any), (.literal, .one): break
                case (.one, _): next[index + 1] = line[index]
                case (.literal(let left), .literal(let right)): next[index + 1] = line[index] && left == right
                }
            }
            line = next
        }
        return line.last ?? false
    }

    /// Only the last `**` is ever tried again, as in matching file names, so the time is bounded by the product of lengths.
    private static func matches(_ pattern: ArraySlice<Segment>, _ name: Slice<UnsafeRawBufferPointer>) -> Bool {
        var (pattern, rest) = (pattern, Optional(name))
        var retry: (pattern: ArraySlice<Segment>, rest: Slice<UnsafeRawBufferPointer>)?
        while true {
            switch pattern.first {
            case .any:
                pattern = pattern.dropFirst()
                if pattern.isEmpty { return true }
                guard let here = rest else { return false }
                retry = (pattern, here)
                continue
            case .one where rest != nil:
                rest = rest.flatMap { $0.afterFirstSegment }
                pattern = pattern.dropFirst()
                continue
            case .literal(let bytes) where rest.map { $0.firstSegment.elementsEqual(bytes) } == true:
                rest = rest.flatMap { $0.afterFirstSegment }
                pattern = pattern.dropFirst()
                continue
            case nil where rest == nil:
                return true
            default:
                break
            }
            guard let again = retry, let next = again.rest.afterFirstSegment else { return false }
            retry = (again.pattern, next)
            (pattern, rest) = (again.pattern, next)
        }
    }
}

extension KeyPattern: CustomStringConvertible, Comparable {
    public var description: String { text }

    /// Less specific first: of two patterns that match a name, options of the greater one win.
    ///
    /// A name is more specific than any pattern, then more literal segments count, then fewer `**`, then the bytes.
    public static func < (left: KeyPattern, right: KeyPattern) -> Bool {
        left.rank != right.rank ? left.rank < right.rank : left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    private var rank: (Int, Int, Int, Int) {
        let literals = segments.count { if case .literal = $0 { true } else { false } }
        return (isLiteral ? 1 : 0, literals, -segments.count { $0 == .any }, segments.count)
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate var firstSegment: Self { prefix { $0 != UInt8(ascii: ".") } }

    /// What follows the first dot, or nil where there is none.
    fileprivate var afterFirstSegment: Self? {
        guard let dot = firstIndex(of: UInt8(ascii: ".")) else { return nil }
        return self[(dot + 1)...]
    }
}
