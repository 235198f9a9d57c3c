import Komoku

/// Regular expressions. A pattern that is written as a text in quotes is compiled when the configuration is loaded, another one
/// each time. What takes too many steps on a text is unknown.
extension Function {
    static let patterns: [Function] = [
        test(
            "regex_search", "whether the pattern matches somewhere in the text: `regex_search(note, '(?i)rain|snow')`",
            isAnchored: false),
        test(
            "regex_match",
            "whether the pattern matches where the text begins; with `$` at its end, all of the text: `regex_match(note, '[A-Z]{2}[0-9]+$')`",
            isAnchored: true),
        Function(
            "capture", [.text("text"), .text("'pattern'"), .special("group").optional], gives: "text",
            "what the pattern found: a group by its number or name, without it the first one, or the whole where there is none: `capture(note, '([0-9.]+) kWh')`, `capture(note, 'to (?<room>[a-z]+)', 'room')`; unknown if nothing matches"
        ) { checker, call in
            guard let operands = checker.operands(of: call),
                let pattern = checker.regularExpression(operands[1], call)
            else { return nil }
            guard let group = checker.group(operands, pattern, call) else { return nil }
            return checker.result(
                .call(captured(pattern, group), operands.map(\.code)), .text, of: operands, mayBeUnknown: true,
                at: call.syntax)
        },
        .made(
            "regex_replace", [.text("text"), .text("'pattern'"), .text("'other'")], .text,
            "the text with every match replaced; `\\1` and `\\g<name>` in it are groups: `regex_replace(note, '([0-9]+) W', '\\1 watts')`",
            mayFail: true
        ) { checker, call, operands in
            guard let pattern = checker.regularExpression(operands[1], call) else { return nil }
            guard case .compiled(let expression) = pattern, let other = operands[2].constant?.string else {
                return replaced(pattern, nil)
            }
            do throws(Replacement.Invalid) {
                return replaced(pattern, try Replacement(other, for: expression))
            } catch {
                checker.fault(inside: call.arguments[2], at: error.offset, error.reason)
                return nil
            }
        },
    ]

    /// A pattern that is known at load, or only when evaluated.
    fileprivate enum Pattern: Sendable {
        case compiled(RegularExpression)
        case evaluated
    }

    fileprivate enum Captured: Sendable {
        case number(Int)
        /// By the third operand; without one the first.
        case evaluated
    }

    private static func test(_ name: String, _ about: String, isAnchored: Bool) -> Function {
        made(name, [.text("text"), .text("'pattern'")], .boolean, about, mayFail: true) { checker, call, operands in
            guard let pattern = checker.regularExpression(operands[1], call) else { return nil }
            return Operation { evaluator, operands, lookup in
                evaluator.found(pattern, operands, lookup) { text, expression throws(RegularExpression.Exhausted) in
                    .boolean(try expression.firstMatch(in: text, isAnchored: isAnchored) != nil)
                }
            }
        }
    }

    private static func captured(_ pattern: Pattern, _ group: Captured) -> Operation {
        Operation { evaluator, operands, lookup in
            guard let (text, expression) = evaluator.subject(pattern, operands, lookup),
                let number = evaluator.group(group, operands, expression, lookup)
            else { return nil }
            do throws(RegularExpression.Exhausted) {
                guard let match = try expression.firstMatch(in: text) else { return evaluator.unknown(.noMatch) }
                guard let range = match.groups[number] else { return evaluator.unknown(.noMatch) }
                return .string(String(decoding: text[range], as: UTF8.self))
            } catch {
                return evaluator.unknown(.exhausted)
            }
        }
    }

    /// - Parameter other: nil where it is known only when evaluated.
    private static func replaced(_ pattern: Pattern, _ other: Replacement?) -> Operation {
        Operation { evaluator, operands, lookup in
            guard let (text, expression) = evaluator.subject(pattern, operands, lookup) else { return nil }
            guard let replacement = other ?? evaluator.replacement(operands[2], expression, lookup) else { return nil }
            do throws(RegularExpression.Exhausted) {
                let matches = try expression.matches(in: text)
                guard let result = replacement.replace(matches, in: text, limit: Value.maximumStringLength) else {
                    return evaluator.unknown(.textTooLong)
                }
                return .string(String(decoding: result, as: UTF8.self))
            } catch {
                return evaluator.unknown(.exhausted)
            }
        }
    }
}

extension Checker {
    /// The pattern of a call, its second argument; nil after a fault was told.
    fileprivate mutating func regularExpression(_ operand: Checked, _ call: Function.Call) -> Function.Pattern? {
        guard let text = operand.constant?.string else { return .evaluated }
        do throws(RegularExpression.Invalid) {
            return .compiled(try RegularExpression(text))
        } catch {
            fault(inside: call.arguments[1], at: error.offset, error.reason)
            return nil
        }
    }

    fileprivate mutating func group(
        _ operands: [Checked], _ pattern: Function.Pattern, _ call: Function.Call
    ) -> Function.Captured? {
        guard operands.count > 2 else {
            guard case .compiled(let expression) = pattern else { return .evaluated }
            return .number(min(1, expression.groupCount))
        }
        if operands[2].kind == .boolean {
            fault(at: call.arguments[2], "a group has a number or a name, \(call.arguments[2]) is true or false")
            return nil
        }
        guard case .compiled(let expression) = pattern, let wanted = operands[2].constant else { return .evaluated }
        if let number = expression.number(of: wanted) { return .number(number) }
        fault(
            at: call.arguments[2], "the pattern has no group \(call.arguments[2])",
            remedy: Suggestion.question(for: wanted.description, in: expression.names.keys.sorted()))
        return nil
    }
}

extension RegularExpression {
    fileprivate func number(of group: Value) -> Int? {
        switch group {
        case .number(let number): Int(exactly: number).flatMap { 0...groupCount ~= $0 ? $0 : nil }
        case .string(let name): names[name]
        case .boolean: nil
        }
    }
}

extension Evaluator {
    /// The bytes of the text and the pattern to look for.
    fileprivate mutating func subject(
        _ pattern: Function.Pattern, _ operands: [Code], _ lookup: Lookup
    ) -> ([UInt8], RegularExpression)? {
        guard let text = text(operands[0], lookup) else { return nil }
        if case .compiled(let expression) = pattern { return (Array(text.utf8), expression) }
        guard let written = self.text(operands[1], lookup) else { return nil }
        do throws(RegularExpression.Invalid) {
            return (Array(text.utf8), try RegularExpression(written))
        } catch {
            _ = unknown(.notAPattern("'\(written.shortened)': \(error.reason)"))
            return nil
        }
    }

    fileprivate mutating func found(
        _ pattern: Function.Pattern, _ operands: [Code], _ lookup: Lookup,
        _ body: ([UInt8], RegularExpression) throws(RegularExpression.Exhausted) -> Value?
    ) -> Value? {
        guard let (text, expression) = subject(pattern, operands, lookup) else { return nil }
        do throws(RegularExpression.Exhausted) { return try body(text, expression) } catch {
            return unknown(.exhausted)
        }
    }

    fileprivate mutating func group(
        _ group: Function.Captured, _ operands: [Code], _ expression: RegularExpression, _ lookup: Lookup
    ) -> Int? {
        if case .number(let number) = group { return number }
        guard operands.count > 2 else { return min(1, expression.groupCount) }
        guard let wanted = value(operands[2], lookup) else { return nil }
        if let number = expression.number(of: wanted) { return number }
        _ = unknown(.noMatch)
        return nil
    }

    fileprivate mutating func replacement(
        _ code: Code, _ expression: RegularExpression, _ lookup: Lookup
    ) -> Replacement? {
        guard let text = text(code, lookup) else { return nil }
        do throws(Replacement.Invalid) { return try Replacement(text, for: expression) } catch {
            _ = unknown(.notAPattern(error.reason))
            return nil
        }
    }
}
