import Komoku

/// Texts are taken by their bytes of UTF-8 where they are compared and searched, by Unicode scalars where they are counted;
/// every function takes time in proportion to its texts. A result that no value holds is unknown.
extension Function {
    static let texts: [Function] = [
        .text("lower", "`lower('ON')` is `on`", mayFail: true) { $1.bounded($0.lowercased()) },
        .text("upper", "`upper('on')` is `ON`", mayFail: true) { $1.bounded($0.uppercased()) },
        .text("trim", "without white space at both ends") { text, _ in .string(text.trimmed) },
        .text("length", "how many characters it has: `length('grün')` is 4", .number) { text, _ in
            .number(Double(text.unicodeScalars.count))
        },
        .comparison("contains", "whether `part` is in it: `contains(note, 'rain')`") { text, part in
            TextSearch(Array(part.utf8)).first(in: Array(text.utf8)) != nil
        },
        .comparison("starts_with", "whether it starts with `part`") { $0.utf8.starts(with: $1.utf8) },
        .comparison("ends_with", "whether it ends with `part`") {
            $0.utf8.reversed().starts(with: $1.utf8.reversed())
        },
        .made(
            "matches", [.text("text"), .text("'pattern*'")], .boolean,
            "whether the whole text is like the pattern; `*` is any run of characters, `?` a single one: `matches(key, '*.motion')`. At most 64 characters between two `*`",
            mayFail: true
        ) { checker, call, operands in
            if let pattern = operands[1].constant?.string, Glob(pattern) == nil {
                checker.fault(at: call.arguments[1], Glob.refusal)
                return nil
            }
            return like
        },
        .made(
            "replace", [.text("text"), .text("part"), .text("other")], .text,
            "every occurrence, from left to right: `replace(note, '-', ' ')`", mayFail: true
        ) { checker, call, operands in checker.isSearched(operands[1], call) ? replaced : nil },
        .plain(
            "substring", [.text("text"), .number("start"), .number("count").optional], .text,
            "`substring('abcdef', 2, 3)` is `bcd`, `substring('abcdef', -2)` is `ef`", mayFail: true
        ) { evaluator, operands, lookup in
            guard let text = evaluator.text(operands[0], lookup) else { return nil }
            return evaluator.substring(text, operands.dropFirst(), lookup)
        },
        .made(
            "split_part", [.text("text"), .text("separator"), .number("place")], .text,
            "`split_part('a,b,c', ',', -1)` is `c`; unknown if there is no such part", mayFail: true
        ) { checker, call, operands in checker.isSearched(operands[1], call) ? split : nil },
        joined,
        .conversion(
            "number", .number,
            "of a text, which may also be written `007`, `+5`, `.5`, `5.`; `true` is 1, `false` is 0; unknown if it is not a number",
            .number),
        .conversion(
            "bool", .boolean,
            "of a word in any case (`on`, `true`, `open`, `yes`, `1` and their opposites), of 1 and 0; unknown of anything else",
            .boolean),
        .conversion("text", .text, "as templates show it", .text),
    ]

    private static func text(
        _ name: String, _ about: String, _ result: ValueKind = .text, mayFail: Bool = false,
        _ body: @escaping @Sendable (String, inout Evaluator) -> Value?
    ) -> Function {
        plain(name, [.text("text")], result, about, mayFail: mayFail) { evaluator, operands, lookup in
            guard let text = evaluator.text(operands[0], lookup) else { return nil }
            return body(text, &evaluator)
        }
    }

    private static func comparison(
        _ name: String, _ about: String, _ body: @escaping @Sendable (String, String) -> Bool
    ) -> Function {
        plain(name, [.text("text"), .text("part")], .boolean, about) { evaluator, operands, lookup in
            guard let text = evaluator.text(operands[0], lookup), let part = evaluator.text(operands[1], lookup)
            else { return nil }
            return .boolean(body(text, part))
        }
    }

    private static let like = Operation { evaluator, operands, lookup in
        guard let text = evaluator.text(operands[0], lookup), let pattern = evaluator.text(operands[1], lookup)
        else { return nil }
        return Glob(pattern).map { .boolean($0.matches(text)) } ?? evaluator.unknown(.patternTooLong)
    }

    private static let replaced = Operation { evaluator, operands, lookup in
        guard let text = evaluator.text(operands[0], lookup), let part = evaluator.text(operands[1], lookup),
            let other = evaluator.text(operands[2], lookup)
        else { return nil }
        return evaluator.replace(text, part, by: other)
    }

    private static let split = Operation { evaluator, operands, lookup in
        guard let text = evaluator.text(operands[0], lookup), let separator = evaluator.text(operands[1], lookup),
            let place = evaluator.whole(operands[2], lookup)
        else { return nil }
        return evaluator.part(place, of: text, between: separator)
    }

    /// What is unknown or empty is left out, so that a text that grows needs no care for its first part.
    private static let joined = Function(
        "join", [.text("separator"), .value("a"), .value("b").optional.repeated], gives: "text",
        "the parts that are known and not empty, with the separator between: `join(', ', low, item)`; one that is a text of JSON with a list in it counts as the list's items: `join(' ', payload.names)`"
    ) { checker, call in
        guard let operands = checker.operands(of: call) else { return nil }
        return checker.result(
            .call(join, operands.map(\.code)), .text, of: operands, mayBeUnknown: operands[0].mayBeUnknown,
            at: call.syntax)
    }

    private static let join = Operation { evaluator, operands, lookup in
        guard let separator = evaluator.text(operands[0], lookup) else { return nil }
        var (text, isFirst) = ("", true)
        for operand in operands.dropFirst() {
            guard let value = evaluator.value(operand, lookup) else { continue }
            for part in value.parts where !part.isEmpty {
                text += isFirst ? part : separator + part
                isFirst = false
                guard text.utf8.count <= Value.maximumStringLength else { return evaluator.unknown(.textTooLong) }
            }
        }
        return .string(text)
    }

    private static func conversion(
        _ name: String, _ kind: ValueKind, _ about: String, _ operation: Operation
    ) -> Function {
        Function(name, [.value("value")], gives: name == "bool" ? "boolean" : name, about) { checker, call in
            guard let operand = checker.check(call.arguments[0]) else { return nil }
            let mayFail = kind != .text && operand.kind != kind && !(kind == .number && operand.kind == .boolean)
            return checker.result(
                .call(operation, [operand.code]), kind, of: [operand], mayBeUnknown: operand.mayBeUnknown || mayFail,
                measure: kind == .number && operand.kind == .number ? operand.measure : .any, at: call.syntax)
        }
    }
}

extension Operation {
    static let number = Operation { evaluator, operands, lookup in
        evaluator.value(operands[0], lookup).flatMap { evaluator.numeric($0) }
    }
    static let boolean = Operation { evaluator, operands, lookup in
        evaluator.value(operands[0], lookup).flatMap { evaluator.boolean(of: $0) }
    }
    static let text = Operation { evaluator, operands, lookup in
        evaluator.value(operands[0], lookup).map { .string($0.description) }
    }

    /// What a device sent, read as what is needed.
    static func reading(as kind: ValueKind) -> Operation {
        switch kind {
        case .number: .number
        case .boolean: .boolean
        case .text: .text
        }
    }
}

extension Checker {
    /// Whether there is something to look for; else it is said.
    fileprivate mutating func isSearched(_ part: Checked, _ call: Function.Call) -> Bool {
        guard part.constant == .string("") else { return true }
        fault(at: call.arguments[1], "the text to look for is empty")
        return false
    }
}

extension Value {
    /// The items of a list that it is as JSON, else itself.
    fileprivate var parts: [String] {
        guard let text = string, text.utf8.first == UInt8(ascii: "["),
            let items = (try? JSON(parsingFromDevice: text.utf8))?.array
        else { return [description] }
        return items.compactMap { Value(part: $0)?.description }
    }
}
