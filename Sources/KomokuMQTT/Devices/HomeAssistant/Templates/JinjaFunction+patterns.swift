internal import Komoku
internal import KomokuExpression

/// Filters, tests and functions with regular expressions.
extension JinjaFunction {
    static let patternFilters: [String: JinjaFunction] = [
        "regex_findall": findAll, "regex_findall_index": findAllIndex, "regex_match": patternTest(isMatch: true),
        "regex_replace": regexReplace, "regex_search": patternTest(isMatch: false),
    ]

    private static func bytes(_ text: String, _ work: JinjaWork) throws(JinjaError) -> [UInt8] {
        try work.spend(text)
        return Array(text.utf8)
    }

    private static func pattern(
        _ value: JinjaValue?, _ ignoresCase: JinjaValue?, _ work: JinjaWork
    ) throws(JinjaError) -> RegularExpression {
        let text = value?.text ?? ""
        try work.spend(4 * text.utf8.count)
        do throws(RegularExpression.Invalid) {
            return try RegularExpression(PythonPattern.translated(text), ignoresCase: ignoresCase?.isTrue ?? false)
        } catch {
            throw .failed("the pattern '\(text.prefix(40))': \(error.reason)")
        }
    }

    /// Matches with the steps that the template has left, and spends those that it took.
    private static func spending<Result>(
        _ work: JinjaWork, _ body: (inout Int) throws(RegularExpression.Exhausted) -> Result
    ) throws(JinjaError) -> Result {
        let given = min(work.left, RegularExpression.usualSteps)
        var steps = given
        let result: Result
        do throws(RegularExpression.Exhausted) { result = try body(&steps) } catch {
            try work.spend(given)
            throw .failed(RegularExpression.Exhausted.reason)
        }
        try work.spend(given - steps)
        return result
    }

    private static func matches(
        _ pattern: RegularExpression, in text: [UInt8], _ work: JinjaWork
    ) throws(JinjaError) -> [RegularExpression.Match] {
        try spending(work) { steps throws(RegularExpression.Exhausted) in try pattern.matches(in: text, steps: &steps) }
    }

    /// - Parameter isMatch: it has to begin where the text does.
    static func patternTest(isMatch: Bool) -> JinjaFunction {
        JinjaFunction(working: ["value", "find", "ignorecase"], required: 1) { (arguments, work) throws(JinjaError) in
            let text = try bytes((arguments[0] ?? .undefined).text, work)
            let pattern = try pattern(arguments[1], arguments[2], work)
            return try spending(work) { steps throws(RegularExpression.Exhausted) in
                .bool(try pattern.firstMatch(in: text, isAnchored: isMatch, steps: &steps) != nil)
            }
        }
    }

    private static let regexReplace = JinjaFunction(
        working: ["value", "find", "replace", "ignorecase"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        let text = try bytes((arguments[0] ?? .undefined).text, work)
        let pattern = try pattern(arguments[1], arguments[3], work)
        let replacement: Replacement
        do throws(Replacement.Invalid) {
            replacement = try Replacement(arguments[2]?.text ?? "", for: pattern)
        } catch {
            throw .failed(error.reason)
        }
        let found = try matches(pattern, in: text, work)
        guard let result = replacement.replace(found, in: text, limit: Value.maximumStringLength) else {
            throw .failed(tooLong)
        }
        try work.spend(result.count)
        return .string(String(decoding: result, as: UTF8.self))
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
        let text = try bytes(try JinjaFunction.text(value), work)
        let found = try matches(try pattern(find, ignoresCase, work), in: text, work)
        try work.spend(found.reduce(0) { $0 + $1.whole.count + $1.groups.count })
        return found.map { match in
            let ranges = match.groups.count > 1 ? match.groups[1...] : match.groups[...]
            let texts = ranges.map { range in
                JinjaValue.string(String(decoding: range.map { text[$0] } ?? [], as: UTF8.self))
            }
            return texts.count == 1 ? texts[0] : .tuple(texts)
        }
    }
}
