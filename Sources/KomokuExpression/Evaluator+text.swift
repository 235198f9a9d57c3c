import Komoku

/// What functions of texts come to.
extension Evaluator {
    mutating func text(_ code: Code, _ lookup: Lookup) -> String? {
        guard let value = value(code, lookup) else { return nil }
        if case .string(let text) = value { return text }
        _ = unknown(.mismatch(expected: .text, found: ValueKind(value)))
        return nil
    }

    mutating func bounded(_ text: String) -> Value? {
        text.utf8.count <= Value.maximumStringLength ? .string(text) : unknown(.textTooLong)
    }

    /// A number, a boolean as 1 or 0, or a text that is a number and blanks around it.
    mutating func numeric(_ value: Value) -> Value? {
        switch value {
        case .number: return value
        case .boolean(let boolean): return .number(boolean ? 1 : 0)
        case .string(let text):
            if let number = DecimalNumber.parseLeniently(Array(text.trimmed.utf8)) { return .number(number) }
            return unknown(.notANumber(String(text.prefix(40))))
        }
    }

    /// A boolean, 1 and 0, or a word that means one, in any case: on, true, open, yes and their opposites.
    mutating func boolean(of value: Value) -> Value? {
        switch value {
        case .boolean: return value
        case .number(let number):
            if number == 0 || number == 1 { return .boolean(number == 1) }
        case .string(let text):
            if let boolean = Value.boolean(named: text.trimmed) { return .boolean(boolean) }
        }
        return unknown(.notABoolean(String(value.description.prefix(40))))
    }

    /// A count or a place: whole and within what a text can have.
    mutating func whole(_ code: Code, _ lookup: Lookup) -> Int? {
        guard let number = number(code, lookup) else { return nil }
        if let whole = Int(exactly: number), whole.magnitude <= 1_000_000_000 { return whole }
        _ = unknown(.notWhole(number))
        return nil
    }

    /// - Parameter rest: where it starts, and how long it is at most.
    mutating func substring(_ text: String, _ rest: ArraySlice<Code>, _ lookup: Lookup) -> Value? {
        guard let place = rest.first.flatMap({ whole($0, lookup) }) else { return nil }
        let scalars = text.unicodeScalars
        var tail =
            place < 0 ? String(scalars.suffix(-place)).unicodeScalars[...] : scalars.dropFirst(max(place - 1, 0))[...]
        if rest.count > 1 {
            guard let count = rest.last.flatMap({ whole($0, lookup) }) else { return nil }
            tail = tail.prefix(max(count, 0))
        }
        return .string(String(String.UnicodeScalarView(tail)))
    }

    mutating func part(_ place: Int, of text: String, between separator: String) -> Value? {
        if separator.isEmpty { return unknown(.emptySeparator) }
        let bytes = Array(text.utf8)
        let starts = TextSearch(Array(separator.utf8)).all(in: bytes)
        let index = place < 0 ? starts.count + 1 + place : place - 1
        guard 0...starts.count ~= index else { return unknown(.noPart(Double(place))) }
        let start = index == 0 ? 0 : starts[index - 1] + separator.utf8.count
        let end = index == starts.count ? bytes.count : starts[index]
        return .string(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    mutating func replace(_ text: String, _ part: String, by other: String) -> Value? {
        if part.isEmpty { return unknown(.emptySeparator) }
        let bytes = Array(text.utf8)
        let starts = TextSearch(Array(part.utf8)).all(in: bytes)
        // Both counts are at most 64 Ki, so this does not overflow, and nothing is made that is then too long.
        let length = bytes.count + starts.count * (other.utf8.count - part.utf8.count)
        guard length <= Value.maximumStringLength else { return unknown(.textTooLong) }
        var result: [UInt8] = []
        result.reserveCapacity(length)
        var index = 0
        for start in starts {
            result += bytes[index..<start]
            result += other.utf8
            index = start + part.utf8.count
        }
        result += bytes[index...]
        return .string(String(decoding: result, as: UTF8.self))
    }
}

extension String {
    var trimmed: String {
        let start = unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
