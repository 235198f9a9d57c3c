/// How the wire protocols turn JSON into values. Source: docs/protocol.md, "Types, guessing, casts".
extension Value {
    /// The type and value of the first put to an unknown key.
    ///
    /// - Throws: `CommandError.unknownValueType` for null, arrays and objects.
    public static func guess(_ json: JSON) throws(CommandError) -> (type: KeyType, value: Value) {
        switch json {
        case .number(let number): (.numeric, .number(number))
        case .bool(let boolean): (.boolean, .boolean(boolean))
        case .string("true"): (.boolean, .boolean(true))
        case .string("false"): (.boolean, .boolean(false))
        case .string(let text):
            if text.utf8.count <= maximumStringLength { (.string, .string(text)) } else { throw .invalidValue }
        case .null, .array, .object: throw .unknownValueType
        }
    }

    /// The value that a key of `type` takes from `json`.
    ///
    /// - Throws: `CommandError.invalidValue` where it takes none.
    public init(casting json: JSON, to type: KeyType, options: KeyOptions) throws(CommandError) {
        guard let value = Self.cast(json, to: type)?.fitting(options) else { throw .invalidValue }
        self = value
    }

    private static func cast(_ json: JSON, to type: KeyType) -> Value? {
        switch (type, json) {
        case (.numeric, .number(let number)), (.counter, .number(let number)):
            .number(number)
        case (.numeric, .string(let text)), (.counter, .string(let text)):
            isPlainDecimal(text.utf8) ? Double(text).flatMap { $0.isFinite ? .number($0) : nil } : nil
        case (.boolean, .bool(let boolean)), (.uptime, .bool(let boolean)):
            .boolean(boolean)
        case (.boolean, .string(let text)), (.uptime, .string(let text)):
            text == "true" ? .boolean(true) : text == "false" ? .boolean(false) : nil
        case (.string, .string(let text)):
            .string(text)
        case (.string, .number(let number)):
            .string(DecimalNumber.text(number))
        case (.string, .bool(let boolean)):
            .string(boolean ? "true" : "false")
        default:
            nil
        }
    }

    /// The value as a key with these options keeps it, or nil where it is refused.
    public func fitting(_ options: KeyOptions) -> Value? {
        switch self {
        case .number(let number):
            guard number.isFinite else { return nil }
            return options.precision.map { .number(DecimalNumber.round(number, decimals: $0)) } ?? self
        case .boolean:
            return self
        case .string(let text):
            if text.utf8.count > Self.maximumStringLength { return nil }
            guard let values = options.values else { return self }
            return values.contains { $0.utf8.elementsEqual(text.utf8) } ? self : nil
        }
    }

    /// Whether the value is one that a key of `type` holds.
    public func isOf(_ type: KeyType) -> Bool {
        switch self {
        case .number: type.isNumber
        case .boolean: type.isBoolean
        case .string: type == .string
        }
    }

    /// `-?(digits.)?digits`: no sign but minus, no exponent, no bare dot.
    private static func isPlainDecimal(_ text: String.UTF8View) -> Bool {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
        let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.count <= 400 && parts.count <= 2
            && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { 0x30...0x39 ~= $0 } }
    }
}
