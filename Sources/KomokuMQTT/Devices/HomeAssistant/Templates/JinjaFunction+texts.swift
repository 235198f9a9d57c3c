internal import Komoku

/// Filters and methods of texts. What they make is bounded as values are.
extension JinjaFunction {
    enum Side { case start, end, both }

    static let lower = ofText { .string($0.lowercased()) }
    static let upper = ofText { .string($0.uppercased()) }
    static let string = ofText { .string($0) }
    static let isDigit = ofText { text in
        .bool(!text.isEmpty && text.utf8.allSatisfy { 0x30...0x39 ~= $0 })
    }

    static let capitalize = ofText { text in
        .string(text.prefix(1).uppercased() + text.dropFirst().lowercased())
    }

    static let title = ofText { text in
        var result = ""
        var isInWord = false
        for character in text {
            result += isInWord ? character.lowercased() : character.uppercased()
            isInWord = character.isLetter || (isInWord && character.isNumber)
        }
        return .string(result)
    }

    static let trim = JinjaFunction(["value", "chars"], required: 1) { arguments in
        .string(trimmed((arguments[0] ?? .undefined).text, .both, arguments[1]?.text))
    }

    static func strip(_ side: Side) -> JinjaFunction {
        JinjaFunction(["value", "chars"], required: 1) { arguments in
            .string(trimmed((arguments[0] ?? .undefined).text, side, arguments[1]?.text))
        }
    }

    static func trimmed(_ text: String, _ side: Side, _ characters: String? = nil) -> String {
        let cut = characters.map { Set($0.unicodeScalars) }
        func isCut(_ scalar: Unicode.Scalar) -> Bool { cut?.contains(scalar) ?? scalar.properties.isWhitespace }
        var part = text.unicodeScalars[...]
        if side != .end { part = part.drop(while: isCut) }
        while side != .start, let last = part.last, isCut(last) { part.removeLast() }
        return String(part)
    }

    static let replace = JinjaFunction(["value", "old", "new", "count"], required: 3) {
        (arguments) throws(JinjaError) in
        let text = (arguments[0] ?? .undefined).text
        let (old, new) = ((arguments[1] ?? .undefined).text, (arguments[2] ?? .undefined).text)
        let limit = arguments[3]?.integer ?? .max
        if old.isEmpty { return .string(try spread(text, new, limit < 0 ? .max : limit)) }
        let starts = text.starts(ofBytes: old, limit: limit < 0 ? .max : limit)
        let (kept, added) = (text.utf8.count - starts.count * old.utf8.count, starts.count * new.utf8.count)
        if kept + added > Value.maximumStringLength { throw .failed(tooLong) }
        return .string(text.parts(between: starts, length: old.utf8.count).joined(separator: new))
    }

    /// What replacing nothing does: between all characters.
    private static func spread(_ text: String, _ new: String, _ limit: Int) throws(JinjaError) -> String {
        let scalars = text.unicodeScalars
        if text.utf8.count + (scalars.count + 1) * new.utf8.count > Value.maximumStringLength { throw .failed(tooLong) }
        var result = ""
        var left = limit
        for scalar in scalars {
            if left > 0 { result += new }
            left -= 1
            result.unicodeScalars.append(scalar)
        }
        return left > 0 ? result + new : result
    }

    static let split = JinjaFunction(["value", "separator", "limit"], required: 1) { (arguments) throws(JinjaError) in
        let text = try JinjaFunction.text(arguments[0])
        let limit = arguments[2]?.integer ?? -1
        guard case .string(let separator)? = arguments[1] else {
            let words = text.unicodeScalars.split(
                maxSplits: limit < 0 ? .max : limit, whereSeparator: \.properties.isWhitespace)
            return try pieces(words.map { String($0) })
        }
        if separator.isEmpty { throw .failed("a text cannot be split by nothing") }
        let starts = text.starts(ofBytes: separator, limit: limit < 0 ? .max : min(limit, JinjaValue.maximumItems))
        guard starts.count < JinjaValue.maximumItems else { return try pieces(nil) }
        return try pieces(text.parts(between: starts, length: separator.utf8.count))
    }

    /// - Parameter parts: nil where there are too many.
    private static func pieces(_ parts: [String]?) throws(JinjaError) -> JinjaValue {
        guard let parts, parts.count <= JinjaValue.maximumItems else {
            throw .failed("a text is split into more than \(JinjaValue.maximumItems) parts")
        }
        return .list(parts.map { .string($0) })
    }

    static let prefix = JinjaFunction(["value", "prefix"]) { (arguments) throws(JinjaError) in
        let whole = try text(arguments[0])
        return .bool(try oneOrMore(arguments[1]).contains { whole.utf8.starts(with: $0.utf8) })
    }

    static let suffix = JinjaFunction(["value", "suffix"]) { (arguments) throws(JinjaError) in
        let whole = try text(arguments[0])
        return .bool(try oneOrMore(arguments[1]).contains { whole.utf8.reversed().starts(with: $0.utf8.reversed()) })
    }

    /// A text, or a tuple of some.
    private static func oneOrMore(_ value: JinjaValue?) throws(JinjaError) -> [String] {
        guard case .tuple(let items)? = value else { return [try text(value)] }
        var texts: [String] = []
        for item in items { texts.append(try text(item)) }
        return texts
    }

    static let zeroFill = JinjaFunction(["value", "width"]) { (arguments) throws(JinjaError) in
        let text = try text(arguments[0])
        let width = min(max(arguments[1]?.integer ?? 0, 0), 255)
        let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.prefix(1)) : ""
        let zeros = String(repeating: "0", count: max(0, width - text.unicodeScalars.count))
        return .string(sign + zeros + text.dropFirst(sign.count))
    }

    // MARK: Parts

    static func text(_ value: JinjaValue?) throws(JinjaError) -> String {
        switch value {
        case .string(let text)?: return text
        case nil, .undefined?: throw .undefined
        case let value?: throw .failed("'\(value.excerpt)' is no text")
        }
    }

    static func joined(_ parts: [String], _ separator: String) throws(JinjaError) -> String {
        let size = parts.reduce(separator.utf8.count * max(0, parts.count - 1)) { $0 + $1.utf8.count }
        if size > Value.maximumStringLength { throw .failed(tooLong) }
        return parts.joined(separator: separator)
    }

    static let tooLong = "a text becomes longer than 64 KiB"
}
