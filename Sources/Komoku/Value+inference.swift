/// How a payload without a declared type is read: white space is trimmed, a number in JSON's grammar is numeric, the words
/// on/off, true/false, open/closed and yes/no in any case are boolean, everything else is text.
extension Value {
    /// The type and value of a payload that comes to an unknown key; nil where it is no value.
    public static func infer(_ payload: some StringProtocol) -> (type: KeyType, value: Value)? {
        let text = trim(payload)
        if isNoValue(text) { return nil }
        if let number = DecimalNumber.parse(Array(text.utf8)) { return (.numeric, .number(number)) }
        if let boolean = boolean(named: text) { return (.boolean, .boolean(boolean)) }
        return text.utf8.count > maximumStringLength ? nil : (.string, .string(text))
    }

    /// The value of a payload for a key whose type is known; nil where it is none: a word for a number is an error message.
    public static func infer(_ payload: some StringProtocol, as type: KeyType) -> Value? {
        let text = trim(payload)
        if isNoValue(text) { return nil }
        switch type {
        case .numeric, .counter: return DecimalNumber.parseLeniently(Array(text.utf8)).map { .number($0) }
        case .boolean, .uptime: return boolean(named: text).map { .boolean($0) }
        case .string: return text.utf8.count > maximumStringLength ? nil : .string(text)
        }
    }

    /// The same where somebody declared the type: an uptime key lives on messages.
    public static func infer(_ payload: some StringProtocol, declared type: KeyType) -> Value? {
        type == .uptime ? infer(payload).map { .boolean($0.value.isSignOfLife) } : infer(payload, as: type)
    }

    /// Whether a message of it shows that its sender lives: any does, except one that says the opposite.
    public var isSignOfLife: Bool {
        switch self {
        case .boolean(let boolean): boolean
        case .number(let number): number != 0
        case .string(let text): !["offline", "down", "dead", "disconnected", "lost"].contains(text.lowercased())
        }
    }

    /// What a word means as a boolean, in any case; nil for other words. `1` and `0` count too.
    public static func boolean(named word: String) -> Bool? {
        guard word.utf8.count <= 6 else { return nil }
        return switch word.lowercased() {
        case "on", "true", "open", "yes", "1": true
        case "off", "false", "closed", "no", "0": false
        default: nil
        }
    }

    /// Texts with which devices say that they do not know.
    private static func isNoValue(_ text: String) -> Bool {
        guard text.utf8.count <= 11 else { return false }
        return switch text.lowercased() {
        case "", "nan", "infinity", "-infinity", "none", "null", "unavailable", "unknown": true
        default: false
        }
    }

    private static func trim(_ text: some StringProtocol) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
        let bytes = Array(text.utf8).drop(while: isSpace)
        guard let last = bytes.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(decoding: bytes[...last], as: UTF8.self)
    }
}
