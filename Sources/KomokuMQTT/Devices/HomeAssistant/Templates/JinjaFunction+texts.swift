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
        guard !old.isEmpty else { return .string(text) }
        let limit = arguments[3]?.integer ?? .max
        let starts = text.starts(ofBytes: old, limit: limit < 0 ? .max : limit)
        let (kept, added) = (text.utf8.count - starts.count * old.utf8.count, starts.count * new.utf8.count)
        if kept + added > Value.maximumStringLength { throw .failed(tooLong) }
        return .string(text.parts(between: starts, length: old.utf8.count).joined(separator: new))
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
        .bool(try text(arguments[0]).utf8.starts(with: try text(arguments[1]).utf8))
    }

    static let suffix = JinjaFunction(["value", "suffix"]) { (arguments) throws(JinjaError) in
        .bool(try text(arguments[0]).utf8.reversed().starts(with: try text(arguments[1]).utf8.reversed()))
    }

    static let find = JinjaFunction(["value", "part"]) { (arguments) throws(JinjaError) in
        let text = try text(arguments[0])
        let part = try JinjaFunction.text(arguments[1])
        if part.isEmpty { return .int(0) }
        guard let start = text.starts(ofBytes: part, limit: 1).first else { return .int(-1) }
        return .int(String(decoding: text.utf8.prefix(start), as: UTF8.self).unicodeScalars.count)
    }

    static let countOf = JinjaFunction(["value", "part"]) { (arguments) throws(JinjaError) in
        let part = try text(arguments[1])
        return .int(try text(arguments[0]).starts(ofBytes: part).count)
    }

    static let zeroFill = JinjaFunction(["value", "width"]) { (arguments) throws(JinjaError) in
        let text = try text(arguments[0])
        let width = min(max(arguments[1]?.integer ?? 0, 0), 255)
        let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.prefix(1)) : ""
        let zeros = String(repeating: "0", count: max(0, width - text.unicodeScalars.count))
        return .string(sign + zeros + text.dropFirst(sign.count))
    }

    static let truncate = JinjaFunction(["value", "length", "killwords", "end"], required: 1) { arguments in
        let text = (arguments[0] ?? .undefined).text
        let length = max(0, arguments[1]?.integer ?? 255)
        // Jinja leaves a text alone that is up to five characters too long.
        guard text.unicodeScalars.count - 5 > length else { return .string(text) }
        let end = arguments[3]?.text ?? "..."
        var cut = String(text.unicodeScalars.prefix(max(0, length - end.unicodeScalars.count)))
        if !(arguments[2]?.isTrue ?? false), let blank = cut.lastIndex(of: " ") { cut = String(cut[..<blank]) }
        return .string(cut + end)
    }

    /// `'%.1f' | format(x)`: `%s`, `%d`, `%f` and `%%`, with a width, zeros and places.
    static let format = JinjaFunction(["value", "a", "b", "c", "d"], required: 1) { (arguments) throws(JinjaError) in
        .string(try formatted(try text(arguments[0]), arguments.dropFirst().compactMap { $0 }))
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

    static func formatted(_ pattern: String, _ values: [JinjaValue]) throws(JinjaError) -> String {
        var rest = pattern.unicodeScalars[...]
        var values = values[...]
        var result = ""
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            let directive = rest.prefix { "0123456789.-+".unicodeScalars.contains($0) }
            rest = rest.dropFirst(directive.count)
            guard let kind = rest.popFirst() else { throw .failed("a format ends after '%'") }
            if kind == "%" {
                result += "%"
            } else if let value = values.popFirst() {
                result += try formatted(value, String(directive), kind)
                if result.utf8.count > Value.maximumStringLength { throw .failed(tooLong) }
            } else {
                throw .failed("a format needs more values")
            }
        }
        return result
    }

    private static func formatted(
        _ value: JinjaValue, _ directive: String, _ kind: Unicode.Scalar
    ) throws(JinjaError) -> String {
        let parts = directive.split(separator: ".", omittingEmptySubsequences: false)
        let flags = (parts.first ?? "").prefix { "0-+".contains($0) }
        let width = min(Int((parts.first ?? "").dropFirst(flags.count)) ?? 0, 255)
        let places = parts.count > 1 ? Int(parts[1]) ?? 0 : nil
        var text: String
        switch kind {
        case "s": text = value.text
        case "d", "i":
            guard let number = value.double, let integer = Int(exactly: number.rounded(.towardZero)) else {
                throw .failed("'%d' takes a number")
            }
            text = String(integer)
        case "f":
            guard let number = value.double else { throw .failed("'%f' takes a number") }
            text = fixed(number, places: places ?? 6)
        default: throw .failed("'%\(kind)' is not supported")
        }
        if kind != "s", flags.contains("+"), !text.hasPrefix("-") { text = "+" + text }
        let padding = max(0, width - text.unicodeScalars.count)
        if flags.contains("-") { return text + String(repeating: " ", count: padding) }
        guard flags.contains("0"), kind != "s" else { return String(repeating: " ", count: padding) + text }
        let sign = text.hasPrefix("-") || text.hasPrefix("+") ? String(text.prefix(1)) : ""
        return sign + String(repeating: "0", count: padding) + text.dropFirst(sign.count)
    }
}
