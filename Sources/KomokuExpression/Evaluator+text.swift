import Komoku

/// Texts are taken by their bytes of UTF-8 where they are compared and searched, by Unicode scalars where they are counted;
/// every function takes time in proportion to its texts. A result that no value holds is unknown.
extension Evaluator {
    mutating func text(_ function: TextFunction, _ operands: [Code], _ lookup: Lookup) -> Value? {
        guard let first = operands.first else { return nil }
        switch function {
        case .number: return value(first, lookup).flatMap { numeric($0) }
        case .text: return value(first, lookup).map { .string($0.description) }
        case .boolean: return value(first, lookup).flatMap { boolean($0) }
        default: break
        }
        guard let text = text(first, lookup) else { return nil }
        let rest = operands.dropFirst()
        switch function {
        case .lower: return bounded(text.lowercased())
        case .upper: return bounded(text.uppercased())
        case .trim: return .string(Self.trimmed(text))
        case .length: return .number(Double(text.unicodeScalars.count))
        case .substring: return substring(text, rest, lookup)
        case .splitPart: return splitPart(text, rest, lookup)
        case .replace: return replace(text, rest, lookup)
        default:
            guard let part = rest.first.flatMap({ self.text($0, lookup) }) else { return nil }
            if function == .matches { return Glob(part).map { .boolean($0.matches(text)) } ?? unknown(.patternTooLong) }
            return .boolean(Self.test(function, text, part))
        }
    }

    mutating func text(_ code: Code, _ lookup: Lookup) -> String? {
        guard let value = value(code, lookup) else { return nil }
        if case .string(let text) = value { return text }
        _ = unknown(.mismatch(expected: .text, found: ValueKind(value)))
        return nil
    }

    private mutating func bounded(_ text: String) -> Value? {
        text.utf8.count <= Value.maximumStringLength ? .string(text) : unknown(.textTooLong)
    }

    private static func test(_ function: TextFunction, _ text: String, _ part: String) -> Bool {
        switch function {
        case .startsWith: text.utf8.starts(with: part.utf8)
        case .endsWith: text.utf8.reversed().starts(with: part.utf8.reversed())
        default: TextSearch(Array(part.utf8)).first(in: Array(text.utf8)) != nil
        }
    }

    private static func trimmed(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let start = scalars.drop { $0.properties.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(start[...last])
    }

    /// A number, a boolean as 1 or 0, or a text that is a number and blanks around it.
    private mutating func numeric(_ value: Value) -> Value? {
        switch value {
        case .number: return value
        case .boolean(let boolean): return .number(boolean ? 1 : 0)
        case .string(let text):
            if let number = DecimalNumber.parseLeniently(Array(Self.trimmed(text).utf8)) { return .number(number) }
            return unknown(.notANumber(String(text.prefix(40))))
        }
    }

    /// A boolean, 1 and 0, or a word that means one, in any case: on, true, open, yes and their opposites.
    private mutating func boolean(_ value: Value) -> Value? {
        switch value {
        case .boolean: return value
        case .number(let number):
            if number == 0 || number == 1 { return .boolean(number == 1) }
        case .string(let text):
            if let boolean = Value.boolean(named: Self.trimmed(text)) { return .boolean(boolean) }
        }
        return unknown(.notABoolean(String(value.description.prefix(40))))
    }

    /// A count or a place: whole and within what a text can have.
    private mutating func whole(_ code: Code?, _ lookup: Lookup) -> Int? {
        guard let number = code.flatMap({ self.number($0, lookup) }) else { return nil }
        if let whole = Int(exactly: number), whole.magnitude <= 1_000_000_000 { return whole }
        _ = unknown(.notWhole(number))
        return nil
    }

    private mutating func substring(_ text: String, _ rest: ArraySlice<Code>, _ lookup: Lookup) -> Value? {
        guard let place = whole(rest.first, lookup) else { return nil }
        let scalars = text.unicodeScalars
        var tail =
            place < 0 ? String(scalars.suffix(-place)).unicodeScalars[...] : scalars.dropFirst(max(place - 1, 0))[...]
        if rest.count > 1 {
            guard let count = whole(rest.last, lookup) else { return nil }
            tail = tail.prefix(max(count, 0))
        }
        return .string(String(String.UnicodeScalarView(tail)))
    }

    private mutating func splitPart(_ text: String, _ rest: ArraySlice<Code>, _ lookup: Lookup) -> Value? {
        guard let separator = rest.first.flatMap({ self.text($0, lookup) }), let place = whole(rest.last, lookup)
        else { return nil }
        if separator.isEmpty { return unknown(.emptySeparator) }
        let bytes = Array(text.utf8)
        let starts = TextSearch(Array(separator.utf8)).all(in: bytes)
        let index = place < 0 ? starts.count + 1 + place : place - 1
        guard 0...starts.count ~= index else { return unknown(.noPart(Double(place))) }
        let start = index == 0 ? 0 : starts[index - 1] + separator.utf8.count
        let end = index == starts.count ? bytes.count : starts[index]
        return .string(String(decoding: bytes[start..<end], as: UTF8.self))
    }

    private mutating func replace(_ text: String, _ rest: ArraySlice<Code>, _ lookup: Lookup) -> Value? {
        guard let part = rest.first.flatMap({ self.text($0, lookup) }),
            let other = rest.last.flatMap({ self.text($0, lookup) })
        else { return nil }
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
