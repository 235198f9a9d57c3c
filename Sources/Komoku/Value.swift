/// What a key holds: a finite double, a boolean or a text.
///
/// Texts are compared byte by byte, numbers as doubles (`-0` equals `0`).
public enum Value: Sendable {
    /// Finite; never a NaN or an infinity.
    case number(Double)
    case boolean(Bool)
    case string(String)

    /// The longest text, in bytes of UTF-8.
    public static let maximumStringLength = 64 * 1024
}

extension Value: Hashable {
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.number(let a), .number(let b)): a == b
        case (.boolean(let a), .boolean(let b)): a == b
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .number(let number): hasher.combine(number)
        case .boolean(let boolean): hasher.combine(boolean)
        case .string(let string): for byte in string.utf8 { hasher.combine(byte) }
        }
    }
}

extension Value: CustomStringConvertible {
    /// The value as a payload or a terminal shows it: `20.5`, `true`, `armed`.
    public var description: String {
        switch self {
        case .number(let number): DecimalNumber.text(number)
        case .boolean(let boolean): boolean ? "true" : "false"
        case .string(let string): string
        }
    }
}

extension Value {
    public var json: JSON {
        switch self {
        case .number(let number): .number(number)
        case .boolean(let boolean): .bool(boolean)
        case .string(let string): .string(string)
        }
    }

    public var number: Double? { if case .number(let number) = self { number } else { nil } }
    public var boolean: Bool? { if case .boolean(let boolean) = self { boolean } else { nil } }
    public var string: String? { if case .string(let string) = self { string } else { nil } }
}
