internal import Komoku

/// Reads the wanted fields out of a JSON payload in one pass, without building a tree.
///
/// The whole payload is checked, as strictly as `JSONReader` does, so a field counts only if all of it is JSON. Of members with one
/// name the last counts.
struct FieldScanner {
    /// What a path leads to.
    enum Leaf: Equatable {
        case absent
        case null
        case bool(Bool)
        case number(Double)
        /// The bytes between the quotes.
        case text(Range<Int>, isEscaped: Bool)
        /// An object or an array, by its bytes.
        case composite(Range<Int>)

        var isComposite: Bool { if case .composite = self { true } else { false } }
    }

    /// The deepest nesting that is read.
    static let maximumDepth = JSON.maximumDepth
    /// The longest path that is gathered where all are wanted, in bytes; no key's name is as long.
    static let maximumPath = 1024
    /// The most fields that are gathered where all are wanted.
    static let maximumFields = 256

    private let paths: FieldPaths
    private let count: Int
    private let wantsAll: Bool
    /// Numbers that are none (`NaN`, `-inf`), which JSON does not have, are null.
    private let takesNoNumbers: Bool
    private let gathersItems: Bool
    /// By field, what the last scan found.
    private(set) var leaves: [Leaf]
    /// Where all are wanted: every leaf that no path names, in the order of the payload.
    private(set) var others: [(path: [UInt8], leaf: Leaf)] = []
    /// The items of a payload that is an array, by their bytes; gathered only where they are wanted.
    private(set) var items: [Range<Int>]?
    /// More of `others` were there than are gathered, or longer ones.
    private(set) var isCut = false

    private var index = 0
    /// The path of what is being read; kept only where all are wanted.
    private var path: [UInt8] = []

    init(paths: [[UInt8]], wantsAll: Bool = false, takesNoNumbers: Bool = true, gathersItems: Bool = false) {
        self.paths = FieldPaths(paths)
        self.wantsAll = wantsAll
        self.takesNoNumbers = takesNoNumbers
        self.gathersItems = gathersItems
        count = paths.count
        leaves = Array(repeating: .absent, count: paths.count)
    }

    /// Fills `leaves` and `others`; after a fault they mean nothing.
    mutating func scan(_ payload: UnsafeBufferPointer<UInt8>) throws(JSON.Invalid) {
        for field in 0..<count { leaves[field] = .absent }
        others.removeAll(keepingCapacity: true)
        path.removeAll(keepingCapacity: path.capacity <= 2 * Self.maximumPath)
        isCut = false
        index = 0
        skipSpace(payload)
        guard index < payload.count else { throw fault("it is empty") }
        guard payload[index] == UInt8(ascii: "{") || payload[index] == UInt8(ascii: "[") else {
            throw fault("it is no object")
        }
        if gathersItems { items = payload[index] == UInt8(ascii: "[") ? [] : nil }
        try value(payload, at: FieldPaths.root, depth: 0)
        skipSpace(payload)
        if index < payload.count { throw fault("more after the document") }
    }

    /// Gives back what the last scan found: a topic may be silent for long.
    mutating func clear() {
        others.removeAll(keepingCapacity: others.capacity <= 32)
    }

    /// The text of a leaf, or nil where it is not UTF-8 or has a bad escape.
    static func text(_ range: Range<Int>, isEscaped: Bool, of payload: UnsafeBufferPointer<UInt8>) -> String? {
        if !isEscaped { return String(validating: payload[range], as: UTF8.self) }
        let quoted = payload[(range.lowerBound - 1)..<(range.upperBound + 1)]
        return try? JSON(parsing: quoted).string
    }
}

// MARK: - Values

extension FieldScanner {
    private mutating func value(
        _ bytes: UnsafeBufferPointer<UInt8>, at node: FieldPaths.Node, depth: Int
    ) throws(JSON.Invalid) {
        skipSpace(bytes)
        guard depth < Self.maximumDepth else { throw fault("nested deeper than \(Self.maximumDepth)") }
        guard index < bytes.count else { throw fault("an unexpected end") }
        let start = index
        switch bytes[index] {
        case UInt8(ascii: "{"):
            try object(bytes, at: node, depth: depth + 1)
            found(.composite(start..<index), at: node)
        case UInt8(ascii: "["):
            try array(bytes, at: node, depth: depth + 1)
            found(.composite(start..<index), at: node)
        case UInt8(ascii: "\""):
            let (range, isEscaped) = try string(bytes)
            found(.text(range, isEscaped: isEscaped), at: node)
        case UInt8(ascii: "t"): found(try word(bytes, "true", .bool(true)), at: node)
        case UInt8(ascii: "f"): found(try word(bytes, "false", .bool(false)), at: node)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard let number = DecimalNumber.parsePrefix(of: bytes, end: &index) else { throw fault("a bad number") }
            found(.number(number), at: node)
        default:
            // A number that is none costs its own field.
            let length = takesNoNumbers ? DecimalNumber.lengthOfNoNumber(in: bytes, at: index) : 0
            if length > 0 {
                index += length
                return found(.null, at: node)
            }
            if bytes[index] == UInt8(ascii: "n") { return found(try word(bytes, "null", .null), at: node) }
            guard bytes[index] == UInt8(ascii: "-") else { throw fault("an unexpected character") }
            guard let number = DecimalNumber.parsePrefix(of: bytes, end: &index) else { throw fault("a bad number") }
            found(.number(number), at: node)
        }
    }

    private mutating func found(_ leaf: Leaf, at node: FieldPaths.Node) {
        let field = paths.field(node)
        if field >= 0 { return leaves[field] = leaf }
        guard wantsAll, !leaf.isComposite, leaf != .null else { return }
        if others.count < Self.maximumFields, path.count <= Self.maximumPath {
            others.append((path, leaf))
        } else {
            isCut = true
        }
    }

    private mutating func object(
        _ bytes: UnsafeBufferPointer<UInt8>, at node: FieldPaths.Node, depth: Int
    ) throws(JSON.Invalid) {
        index += 1
        if skip(bytes, UInt8(ascii: "}")) { return }
        let node = descend(node)
        repeat {
            skipSpace(bytes)
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw fault("a member name is missing")
            }
            let (name, isEscaped) = try string(bytes)
            guard skip(bytes, UInt8(ascii: ":")) else { throw fault("':' is missing") }
            let outer = path.count
            let member = enter(name, isEscaped, of: bytes, at: node)
            try value(bytes, at: member, depth: depth)
            if wantsAll { path.removeLast(path.count - outer) }
        } while skip(bytes, UInt8(ascii: ","))
        guard skip(bytes, UInt8(ascii: "}")) else { throw fault("'}' is missing") }
    }

    private mutating func array(
        _ bytes: UnsafeBufferPointer<UInt8>, at node: FieldPaths.Node, depth: Int
    ) throws(JSON.Invalid) {
        index += 1
        if skip(bytes, UInt8(ascii: "]")) { return }
        let node = descend(node)
        var number = 1
        repeat {
            let outer = path.count
            var item = FieldPaths.nowhere
            if node >= 0 || wantsAll {
                let digits = Array(String(number).utf8)
                item = paths.advance(node, digits)
                enter(digits)
            }
            skipSpace(bytes)
            let start = index
            try value(bytes, at: item, depth: depth)
            if gathersItems, depth == 1 { items?.append(start..<index) }
            if wantsAll { path.removeLast(path.count - outer) }
            number += 1
        } while skip(bytes, UInt8(ascii: ","))
        guard skip(bytes, UInt8(ascii: "]")) else { throw fault("']' is missing") }
    }

    /// Behind the dot that follows a path; the top level has none.
    private func descend(_ node: FieldPaths.Node) -> FieldPaths.Node {
        node == FieldPaths.root ? node : paths.advance(node, UInt8(ascii: "."))
    }

    private mutating func enter(
        _ name: Range<Int>, _ isEscaped: Bool, of bytes: UnsafeBufferPointer<UInt8>, at node: FieldPaths.Node
    ) -> FieldPaths.Node {
        guard node >= 0 || wantsAll else { return node }
        if isEscaped {
            let text = Self.text(name, isEscaped: true, of: bytes) ?? "\u{FFFD}"
            enter(text.utf8)
            return paths.advance(node, text.utf8)
        }
        if wantsAll { enter(bytes[name]) }
        return paths.advance(node, bytes[name])
    }

    private mutating func enter(_ name: some Sequence<UInt8>) {
        guard wantsAll else { return }
        if !path.isEmpty { path.append(UInt8(ascii: ".")) }
        path.append(contentsOf: name)
    }
}

// MARK: - Tokens

extension FieldScanner {
    private mutating func word(
        _ bytes: UnsafeBufferPointer<UInt8>, _ word: StaticString, _ leaf: Leaf
    ) throws(JSON.Invalid) -> Leaf {
        let length = word.utf8CodeUnitCount
        guard bytes.count - index >= length else { throw fault("an unknown word") }
        for offset in 0..<length where bytes[index + offset] != word.utf8Start[offset] {
            throw fault("an unknown word")
        }
        index += length
        return leaf
    }

    /// - Returns: the bytes between the quotes.
    private mutating func string(
        _ bytes: UnsafeBufferPointer<UInt8>
    ) throws(JSON.Invalid) -> (Range<Int>, isEscaped: Bool) {
        index += 1
        let start = index
        var isEscaped = false
        var bits: UInt8 = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") {
                // Nearly all texts are ASCII.
                if bits >= 0x80, !Self.isUTF8(bytes, start..<index) { throw fault("a text that is not UTF-8") }
                index += 1
                return (start..<index - 1, isEscaped)
            }
            if byte < 0x20 { throw fault("a control character in a text") }
            bits |= byte
            index += 1
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                try escape(bytes)
            }
        }
        throw fault("a text without its end")
    }

    /// Passes over what follows a backslash.
    private mutating func escape(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSON.Invalid) {
        guard index < bytes.count else { throw fault("a text without its end") }
        switch bytes[index] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 1
        case UInt8(ascii: "u"):
            let digits = bytes[(index + 1)..<min(index + 5, bytes.count)]
            guard digits.count == 4, digits.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 | 0x20 }) else {
                throw fault("a bad \\u escape")
            }
            index += 5
        default: throw fault("an unknown escape")
        }
    }

    private static func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        (try? UTF8Span(validating: UnsafeBufferPointer(rebasing: bytes[range]).span)) != nil
    }

    private mutating func skipSpace(_ bytes: UnsafeBufferPointer<UInt8>) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    private mutating func skip(_ bytes: UnsafeBufferPointer<UInt8>, _ byte: UInt8) -> Bool {
        skipSpace(bytes)
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private func fault(_ reason: String) -> JSON.Invalid {
        JSON.Invalid(offset: index, reason: reason)
    }
}
