internal import Komoku

/// Whether a type that was guessed becomes a text because of a value that does not fit it.
enum GuessedType {
    enum Verdict {
        /// The value shows that the guess was wrong.
        case widens
        /// One such word may be a fault of the device; another one too shows that words are what it says.
        case widensWithAnother
        /// It is a fault of the device: the guess stands.
        case stands
    }

    /// - Parameter input: a value that does not fit the type.
    static func verdict(on input: DeviceInput, for type: KeyType) -> Verdict {
        if case .composite = input { return .stands }
        let text = input.text
        guard !saysFault(text), text.utf8.count <= maximumText else { return .stands }
        switch type {
        // `open` was one word of several; `on` one of several steps.
        case .boolean: return .widens
        case .numeric:
            if case .bool = input { return .stands }
            // `off` for a number is none, as yet; `1.0.13` and `2026-01-01` never were numbers.
            if Value.boolean(named: text) != nil { return .stands }
            return beginsAsNumber(text) ? .widens : .widensWithAnother
        case .string, .counter, .uptime: return .stands
        }
    }

    /// The longest text that a number or a word can turn into.
    private static let maximumText = 1024

    private static func beginsAsNumber(_ text: String) -> Bool {
        let start = text.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        return start.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }

    /// Texts with which devices say that they could not measure.
    private static func saysFault(_ text: String) -> Bool {
        let text = text.lowercased()
        let words = text.utf8.split { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) && $0 < 0x80 }
        let isMute = !text.utf8.contains { $0 >= 0x80 || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
        if isMute || phrases.contains(text) { return true }
        return words.contains { faults.contains(String(decoding: $0, as: UTF8.self)) }
    }

    private static let phrases: Set<String> = [
        "n/a", "na", "no data", "no value", "not available", "timed out", "out of range",
    ]
    private static let faults: Set<String> = [
        "err", "error", "errors", "fail", "failed", "failure", "fault", "faulty", "timeout", "invalid", "overflow",
        "nodata", "broken", "disconnected", "missing", "undefined", "nan", "inf", "unknown", "unavailable",
    ]
}
