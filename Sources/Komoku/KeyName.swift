/// The dotted name of a key: `kitchen.temperature`.
///
/// Segments are letters of any script with their marks, digits, `_` and `-`, joined by single dots; at most 255 bytes of
/// UTF-8. Names are compared, hashed and ordered byte by byte: Swift's `String` takes the composed and the decomposed form
/// of a letter for equal, SQLite and MQTT do not.
public struct KeyName: Sendable {
    /// The name as text. Compare names, never their texts.
    public let text: String

    /// The longest name, in bytes of UTF-8.
    public static let maximumLength = 255

    /// - Throws: `KeyName.Invalid` where `text` is not a name.
    public init(validating text: String) throws(Invalid) {
        var text = text
        text.makeContiguousUTF8()
        if let reason = Self.fault(in: text) { throw Invalid(text: text, reason: reason) }
        self.text = text
    }

    /// Nil where `text` is not a name.
    public init?(_ text: String) {
        guard let name = try? KeyName(validating: text) else { return nil }
        self = name
    }

    /// Why a text is not a name.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let text: String
        public let reason: String
        public var description: String { "'\(text.prefix(80))' is not a key name: \(reason)" }
    }
}

extension KeyName {
    private static func fault(in text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if text.utf8.count > maximumLength { return "it is longer than \(maximumLength) bytes" }
        var segmentIsEmpty = true
        for scalar in text.unicodeScalars {
            if scalar == "." {
                if segmentIsEmpty { return "a segment is empty" }
                segmentIsEmpty = true
            } else if allows(scalar) {
                segmentIsEmpty = false
            } else {
                return "'\(scalar.escaped(asASCII: false))' is not allowed; use letters, digits, '_', '-' and dots"
            }
        }
        return segmentIsEmpty ? "a segment is empty" : nil
    }

    /// Whether a scalar may stand in a segment.
    static func allows(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "_", "-": return true
            default: return false
            }
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
            .nonspacingMark, .spacingMark, .decimalNumber:
            return true
        default:
            return false
        }
    }

    /// One segment made of any text: each run of scalars that a segment forbids becomes `_`. Nil where nothing is left.
    public static func segment(from text: String) -> String? {
        var result = String.UnicodeScalarView()
        var pending = false
        for scalar in text.unicodeScalars {
            if allows(scalar) {
                if pending && !result.isEmpty { result.append("_") }
                pending = false
                result.append(scalar)
            } else {
                pending = true
            }
        }
        return result.isEmpty ? nil : String(result)
    }
}

extension KeyName: Hashable, Comparable {
    public static func == (left: KeyName, right: KeyName) -> Bool {
        left.withBytes { a in right.withBytes { b in a.count == b.count && a.elementsEqual(b) } }
    }

    public static func < (left: KeyName, right: KeyName) -> Bool {
        left.withBytes { a in right.withBytes { b in a.lexicographicallyPrecedes(b) } }
    }

    public func hash(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// The bytes of UTF-8, without a copy: the initialiser made the text contiguous.
    @inlinable
    public func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(text.utf8).withUnsafeBufferPointer(body)
    }
}

extension KeyName: CustomStringConvertible {
    public var description: String { text }
}
