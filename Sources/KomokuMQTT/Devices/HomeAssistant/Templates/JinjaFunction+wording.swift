internal import Komoku

/// The tables of what is about texts, and what shapes them.
extension JinjaFunction {
    static let textFilters: [String: JinjaFunction] = [
        "base64_decode": decode, "base64_encode": encode, "capitalize": capitalize, "center": padded(.both),
        "e": escape, "escape": escape, "format": format, "indent": indent, "lower": lower, "ord": ordinalOf,
        "replace": replace, "safe": string, "slugify": slugify, "string": string, "striptags": stripTags,
        "title": titleFilter, "trim": trim, "truncate": truncate, "upper": upper, "urlencode": urlEncode,
        "wordcount": wordCount,
    ]

    static let textMethods: [String: JinjaFunction] = [
        "capitalize": capitalize, "casefold": lower, "center": padded(.both), "endswith": suffix,
        "find": found(fromEnd: false), "format": formatMethod, "isalnum": every { isLetter($0) || isDigit($0) },
        "isalpha": every(isLetter), "isascii": ofText { .bool($0.utf8.allSatisfy { $0 < 0x80 }) },
        "isdecimal": isDigit, "isdigit": isDigit, "islower": cased { $0.lowercased() }, "isnumeric": isDigit,
        "isspace": every(\.properties.isWhitespace), "isupper": cased { $0.uppercased() }, "join": joinAll,
        "ljust": padded(.end), "lower": lower, "lstrip": strip(.start), "partition": partition(fromEnd: false),
        "removeprefix": removed(.start), "removesuffix": removed(.end), "rfind": found(fromEnd: true),
        "rjust": padded(.start), "rpartition": partition(fromEnd: true), "rsplit": splitFromEnd,
        "rstrip": strip(.end), "split": split, "splitlines": lines, "startswith": prefix, "strip": strip(.both),
        "swapcase": swapCase, "title": title, "upper": upper, "zfill": zeroFill,
    ]

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isAlphabetic }
    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.numericType == .decimal }

    private static func every(_ holds: @escaping @Sendable (Unicode.Scalar) -> Bool) -> JinjaFunction {
        ofText { .bool(!$0.isEmpty && $0.unicodeScalars.allSatisfy(holds)) }
    }

    private static func cased(_ change: @escaping @Sendable (String) -> String) -> JinjaFunction {
        ofText { text in
            .bool(
                text.utf8.elementsEqual(change(text).utf8) && text.unicodeScalars.contains(where: \.properties.isCased))
        }
    }

    // MARK: Lengths

    static let truncate = JinjaFunction(["value", "length", "killwords", "end", "leeway"], required: 1) {
        (arguments) throws(JinjaError) in
        let text = (arguments[0] ?? .undefined).text
        let (length, end) = (arguments[1]?.integer ?? 255, arguments[3]?.text ?? "...")
        let leeway = arguments[4].flatMap { $0.isNone ? nil : $0.integer } ?? 5
        guard length >= end.unicodeScalars.count, leeway >= 0, length < 1 << 31, leeway < 1 << 31 else {
            throw .failed("'truncate' leaves no room for its end")
        }
        guard text.unicodeScalars.count > length + leeway else { return .string(text) }
        var cut = String(text.unicodeScalars.prefix(length - end.unicodeScalars.count))
        if !(arguments[2]?.isTrue ?? false), let blank = cut.unicodeScalars.lastIndex(of: " ") {
            cut = String(cut.unicodeScalars[..<blank])
        }
        return .string(cut + end)
    }

    /// Blanks at a side, or at both.
    private static func padded(_ side: Side) -> JinjaFunction {
        JinjaFunction(["value", "width", "fill"], required: 1) { (arguments) throws(JinjaError) in
            let text = (arguments[0] ?? .undefined).text
            let width = max(0, arguments[1]?.integer ?? 80)
            let fill = arguments[2]?.text ?? " "
            guard fill.unicodeScalars.count == 1, width <= Value.maximumStringLength / 4 else {
                throw .failed("a text is filled with one character, up to 16 KiB")
            }
            let missing = max(0, width - text.unicodeScalars.count)
            // As CPython has it: the odd one goes left where the width is odd too.
            let left = side == .start ? missing : side == .end ? 0 : missing / 2 + (missing & width & 1)
            return .string(
                String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left))
        }
    }

    static let indent = JinjaFunction(["value", "width", "first", "blank"], required: 1) {
        (arguments) throws(JinjaError) in
        let text = (arguments[0] ?? .undefined).text
        let blanks: String
        if case .string(let given)? = arguments[1] {
            blanks = given
        } else {
            blanks = String(repeating: " ", count: min(max(arguments[1]?.integer ?? 4, 0), 255))
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if text.utf8.count + lines.count * blanks.utf8.count > Value.maximumStringLength { throw .failed(tooLong) }
        let isBlankToo = arguments[3]?.isTrue ?? false
        let result = lines.enumerated().map { index, line in
            (index == 0 ? arguments[2]?.isTrue ?? false : !line.isEmpty || isBlankToo) ? blanks + line : String(line)
        }
        return .string(result.joined(separator: "\n"))
    }

    static let wordCount = ofText { text in
        .int(text.unicodeScalars.split { !isLetter($0) && !isDigit($0) && $0 != "_" }.count)
    }

    // MARK: Words

    /// Jinja's: each word after a blank, a dash or an opening bracket.
    static let titleFilter = ofText { text in
        var result = ""
        var isStart = true
        for scalar in text.unicodeScalars {
            let part = String(scalar)
            result += isStart ? part.uppercased() : part.lowercased()
            isStart = scalar.properties.isWhitespace || "-({[<".unicodeScalars.contains(scalar)
        }
        return .string(result)
    }

    static let swapCase = ofText { text in
        .string(
            text.unicodeScalars.map { $0.properties.isUppercase ? String($0).lowercased() : String($0).uppercased() }
                .joined())
    }

    static let lines = ofText { (text) throws(JinjaError) in
        var lines = text.replacing("\r\n", with: "\n").split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r" })
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        guard lines.count <= JinjaValue.maximumItems else { throw .failed("a text has too many lines") }
        return .list(lines.map { .string(String($0)) })
    }

    private static func removed(_ side: Side) -> JinjaFunction {
        JinjaFunction(["value", "part"]) { (arguments) throws(JinjaError) in
            let (text, part) = (try text(arguments[0]), try text(arguments[1]))
            let isThere =
                side == .start
                ? text.utf8.starts(with: part.utf8) : text.utf8.reversed().starts(with: part.utf8.reversed())
            guard isThere else { return .string(text) }
            let rest = side == .start ? text.utf8.dropFirst(part.utf8.count) : text.utf8.dropLast(part.utf8.count)
            return .string(String(decoding: Array(rest), as: UTF8.self))
        }
    }

    /// Where a part stands, in characters; -1 where it does not.
    static func offset(of part: String, in text: String, fromEnd: Bool) throws(JinjaError) -> Int {
        if part.isEmpty { return fromEnd ? text.unicodeScalars.count : 0 }
        let starts = text.starts(ofBytes: part, limit: fromEnd ? .max : 1)
        guard let start = fromEnd ? starts.last : starts.first else { return -1 }
        return String(decoding: text.utf8.prefix(start), as: UTF8.self).unicodeScalars.count
    }

    private static func found(fromEnd: Bool) -> JinjaFunction {
        JinjaFunction(["value", "part"]) { (arguments) throws(JinjaError) in
            .int(try offset(of: try text(arguments[1]), in: try text(arguments[0]), fromEnd: fromEnd))
        }
    }

    private static func partition(fromEnd: Bool) -> JinjaFunction {
        JinjaFunction(["value", "separator"]) { (arguments) throws(JinjaError) in
            let (text, separator) = (try text(arguments[0]), try text(arguments[1]))
            let starts = text.starts(ofBytes: separator, limit: fromEnd ? .max : 1)
            guard let start = fromEnd ? starts.last : starts.first else {
                return .tuple(fromEnd ? ["", "", .string(text)] : [.string(text), "", ""])
            }
            let parts = text.parts(between: [start], length: separator.utf8.count)
            return .tuple([.string(parts[0]), .string(separator), .string(parts.last ?? "")])
        }
    }

    static let splitFromEnd = JinjaFunction(["value", "separator", "limit"], required: 1) {
        (arguments) throws(JinjaError) in
        let limit = arguments[2]?.integer ?? -1
        guard limit >= 0, case .list(let parts) = try split.apply(arguments.prefix(2) + [nil], noWork),
            parts.count > limit + 1
        else { return try split.apply(arguments.prefix(2) + [nil], noWork) }
        let separator = if case .string(let text)? = arguments[1] { text } else { " " }
        let first = parts.dropLast(limit).map(\.text).joined(separator: separator)
        return .list([.string(first)] + parts.suffix(limit))
    }

    /// For functions that ask nothing of it.
    private static var noWork: JinjaWork { JinjaWork(time: Timestamp(microseconds: 0)) }

    // MARK: Codes

    static let ordinalOf = ofText { (text) throws(JinjaError) in
        guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first else {
            throw .failed("'ord' takes one character")
        }
        return .int(Int(scalar.value))
    }

    static let escape = ofText { text in
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return .string(result)
    }

    static let stripTags = ofText { text in
        var result = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "<", let end = rest.firstIndex(of: ">") {
                rest = rest[rest.index(after: end)...]
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return .string(result.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }

    static let urlEncode = ofText { text in
        var result = ""
        for byte in text.utf8 {
            let isPlain = 0x30...0x39 ~= byte || 0x61...0x7A ~= byte | 0x20 || "-._~/".utf8.contains(byte)
            result +=
                isPlain
                ? String(Unicode.Scalar(byte)) : "%" + JinjaTime.padded(String(byte, radix: 16), 2).uppercased()
        }
        return .string(result)
    }

    /// As names of Home Assistant's entities are made.
    static let slugify = JinjaFunction(["value", "separator"], required: 1) { arguments in
        let separator = arguments[1]?.text ?? "_"
        let words = (arguments[0] ?? .undefined).text.lowercased().replacing("'", with: "").utf8.split {
            !(0x30...0x39 ~= $0 || 0x61...0x7A ~= $0)
        }
        return .string(words.map { String(decoding: Array($0), as: UTF8.self) }.joined(separator: separator))
    }
}
