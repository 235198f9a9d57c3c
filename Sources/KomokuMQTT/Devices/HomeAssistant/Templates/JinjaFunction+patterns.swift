internal import Komoku

/// Filters, tests and functions with regular expressions.
extension JinjaFunction {
    static let patternFilters: [String: JinjaFunction] = [
        "regex_findall": findAll, "regex_findall_index": findAllIndex, "regex_match": patternTest(isMatch: true),
        "regex_replace": regexReplace, "regex_search": patternTest(isMatch: false),
    ]

    private static func scalars(_ text: String, _ work: JinjaWork) throws(JinjaError) -> [Unicode.Scalar] {
        try work.spend(text)
        return Array(text.unicodeScalars)
    }

    private static func pattern(
        _ value: JinjaValue?, _ ignoresCase: JinjaValue?, _ work: JinjaWork
    ) throws(JinjaError) -> PythonPattern {
        let text = value?.text ?? ""
        try work.spend(4 * text.utf8.count)
        return try PythonPattern(text, ignoresCase: ignoresCase?.isTrue ?? false)
    }

    /// - Parameter isMatch: it has to begin where the text does.
    static func patternTest(isMatch: Bool) -> JinjaFunction {
        JinjaFunction(working: ["value", "find", "ignorecase"], required: 1) { (arguments, work) throws(JinjaError) in
            let text = try scalars((arguments[0] ?? .undefined).text, work)
            let found = try pattern(arguments[1], arguments[2], work).match(
                in: text, from: 0, isAnchored: isMatch, work)
            return .bool(found != nil)
        }
    }

    private static let regexReplace = JinjaFunction(
        working: ["value", "find", "replace", "ignorecase"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        let text = try scalars((arguments[0] ?? .undefined).text, work)
        let pattern = try pattern(arguments[1], arguments[3], work)
        let replacement = Array((arguments[2]?.text ?? "").unicodeScalars)
        var (result, place): (String, Int) = ("", 0)
        func append(_ part: ArraySlice<Unicode.Scalar>) throws(JinjaError) {
            try work.spend(part.count)
            result.unicodeScalars.append(contentsOf: part)
            if result.utf8.count > Value.maximumStringLength { throw .failed(tooLong) }
        }
        for match in try pattern.matches(in: text, work) {
            try append(text[place..<match.whole.lowerBound])
            for part in try parts(of: replacement, pattern, match, text) { try append(part) }
            place = match.whole.upperBound
        }
        try append(text[place...])
        return .string(result)
    }

    /// `\1`, `\g<name>` and plain texts.
    private static func parts(
        of replacement: [Unicode.Scalar], _ pattern: PythonPattern, _ match: PythonPattern.Match,
        _ text: [Unicode.Scalar]
    ) throws(JinjaError) -> [ArraySlice<Unicode.Scalar>] {
        var parts: [ArraySlice<Unicode.Scalar>] = []
        var rest = replacement[...]
        while let scalar = rest.first {
            let plain = rest.prefix { $0 != "\\" }
            if scalar != "\\" {
                parts.append(plain)
                rest = rest.dropFirst(plain.count)
                continue
            }
            rest.removeFirst()
            guard let kind = rest.popFirst() else { throw .failed("a replacement ends with a backslash") }
            switch kind {
            case "n": parts.append(["\n"])
            case "t": parts.append(["\t"])
            case "r": parts.append(["\r"])
            case "\\": parts.append(["\\"])
            case "g", "0"..."9":
                let number = try group(kind, &rest, pattern)
                guard match.groups.indices.contains(number) else { throw .failed("the group \(number) is not there") }
                if let range = match.groups[number] { parts.append(text[range]) }
            default: parts.append(["\\", kind])
            }
        }
        return parts
    }

    private static func group(
        _ kind: Unicode.Scalar, _ rest: inout ArraySlice<Unicode.Scalar>, _ pattern: PythonPattern
    ) throws(JinjaError) -> Int {
        if kind == "g" {
            let name = String(String.UnicodeScalarView(rest.dropFirst().prefix { $0 != ">" }))
            rest = rest.drop { $0 != ">" }.dropFirst()
            guard let number = Int(name) ?? pattern.names[name], number >= 0 else {
                throw .failed("the group '\(name.prefix(40))' is not there")
            }
            return number
        }
        var number = Int(kind.value) - 0x30
        if let next = rest.first, "0"..."9" ~= next {
            rest.removeFirst()
            number = number * 10 + Int(next.value) - 0x30
        }
        return number
    }

    private static let findAll = JinjaFunction(
        working: ["value", "find", "ignorecase"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        .list(try found(arguments[0], arguments[1], arguments[2], work))
    }

    private static let findAllIndex = JinjaFunction(
        working: ["value", "find", "index", "ignorecase"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        let all = JinjaValue.list(try found(arguments[0], arguments[1], arguments[3], work))
        let item = all[.int(arguments[2]?.integer ?? 0)]
        if item.isUndefined { throw .failed("the pattern does not match so often") }
        return item
    }

    /// As `re.findall` has it: the whole, or the only group, or a tuple of the groups.
    private static func found(
        _ value: JinjaValue?, _ find: JinjaValue?, _ ignoresCase: JinjaValue?, _ work: JinjaWork
    ) throws(JinjaError) -> [JinjaValue] {
        let text = try scalars(try JinjaFunction.text(value), work)
        return try pattern(find, ignoresCase, work).matches(in: text, work).map { match in
            let ranges = match.groups.count > 1 ? match.groups[1...] : match.groups[...]
            let texts = ranges.map { range in
                JinjaValue.string(String(String.UnicodeScalarView(range.map { text[$0] } ?? [])))
            }
            return texts.count == 1 ? texts[0] : .tuple(texts)
        }
    }
}
