package import Komoku

/// A parsed expression of the configuration language: `hall.lux < 40 and not house.asleep`.
///
/// It is checked against the keys that exist with `check(in:expecting:)`, which gives the form that is evaluated.
///
/// `docs/expressions.md` has the grammar, the functions and what they mean. In short, from loose to tight: `if then else`,
/// `or`, `and`, `not`, comparisons and `in`, `??`, `+ -`, `* / %`, the sign. Comparisons do not chain, `??` groups to the
/// right, the other operators to the left.
///
/// Values are numbers, booleans and texts, and nothing is converted. What has no value is *unknown*, and unknown spreads
/// through every operation, except: `false and unknown` is false, `true or unknown` is true, `unknown ?? x` is x.
package struct Expression: Sendable {
    /// As it was written.
    package let text: String
    package let root: Syntax

    /// The longest expression, in bytes of UTF-8.
    package static let maximumLength = 4096
    /// The deepest nesting of parentheses, calls, signs, `not` and `??`.
    package static let maximumNesting = 64
    /// The longest path from the whole to a part; a chain of sums has one step for each.
    package static let maximumHeight = 256
    /// The longest duration that can be written and looked back.
    package static let longestDuration = Duration(microseconds: 100 * 365 * 86_400 * 1_000_000)

    /// - Throws: the first fault, and every function that there is not; their offsets count bytes of UTF-8 from the start of `text`.
    package static func parse(_ text: String) throws(Faults) -> Expression {
        let tokens: [Token]
        do throws(Fault) {
            guard text.utf8.count <= maximumLength else {
                throw Fault(at: 0..<0, "an expression is at most \(maximumLength) bytes long")
            }
            tokens = try Lexer.tokens(of: text)
        } catch {
            throw Faults([error])
        }
        var parser = Parser(tokens: tokens)
        return Expression(text: text, root: try parser.expression())
    }

    /// Finds every fault, and resolves names and operations.
    ///
    /// - Parameter expected: the kind that the place takes; nil is any.
    package func check(
        in environment: TypeEnvironment, expecting expected: ValueKind? = nil
    ) throws(Faults) -> CompiledExpression {
        try checkWithWarnings(in: environment, expecting: expected).compiled
    }

    /// As `check(in:expecting:)`, and what is probably not what was meant.
    ///
    /// - Parameter unit: what the place counts in; `s` for a place that takes a duration.
    /// - Returns: the warnings are in the order of the text.
    package func checkWithWarnings(
        in environment: TypeEnvironment, expecting expected: ValueKind? = nil, unit: String? = nil
    ) throws(Faults) -> (compiled: CompiledExpression, warnings: [Fault]) {
        var checker = Checker(environment: environment)
        var result = checker.check(root)
        if let expected { result = result.map { $0.read(as: expected) } }
        if let result, let expected, let kind = result.kind, kind != expected {
            let isName = if case .name = root.form { true } else { false }
            let remedy =
                expected == .boolean && isName ? "compare it: \(root) \(kind == .text ? "= 'on'" : "< 10")" : nil
            checker.faults.append(
                Fault(
                    at: root.span, "\(expected.phrase) is needed here, this is \(kind.phrase)",
                    remedy: remedy ?? Idiom.remedy(forText: root, insteadOf: expected)))
        }
        guard checker.faults.isEmpty, let result else {
            throw Faults(checker.faults, warnings: checker.warnings)
        }
        if let unit { checker.warn(of: result.measure, in: unit, at: root) }
        let body = CompiledExpression.Body(
            self, result: result, expected: expected, references: checker.references, reads: checker.reads)
        return (CompiledExpression(body: body), checker.warnings.sorted { $0.offset < $1.offset })
    }
}

extension Expression: CustomStringConvertible {
    /// The expression in its shortest regular form; reads back as an equal tree.
    package var description: String { root.description }
}
