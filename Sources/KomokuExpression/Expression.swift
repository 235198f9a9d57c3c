/// A parsed expression of the configuration language: `hall.lux < 40 and not house.asleep`.
///
/// It is checked against the keys that exist with `check(in:expecting:)`, which gives the form that is evaluated.
///
/// ## Grammar
///
/// ```
/// expression     = disjunction ;
/// disjunction    = conjunction , { "or" , conjunction } ;
/// conjunction    = negation , { "and" , negation } ;
/// negation       = "not" , negation | comparison ;
/// comparison     = fallback , [ ( "=" | "==" | "!=" | "<" | "<=" | ">" | ">=" ) , fallback ] ;
/// fallback       = sum , [ "??" , fallback ] ;
/// sum            = product , { ( "+" | "-" ) , product } ;
/// product        = signed , { ( "*" | "/" | "%" ) , signed } ;
/// signed         = "-" , signed | primary ;
/// primary        = number | "true" | "false" | text | name | call | "(" , expression , ")" ;
/// call           = function , "(" , [ expression , { "," , expression } ] , ")" ;
/// function       = "min" | "max" | "round" | "abs" ;
/// number         = digits , [ "." , digits ] , [ ( "e" | "E" ) , [ "+" | "-" ] , digits ] ;
/// text           = "'" , { any character, "'" as "''" } , "'" | '"' , { any character, '"' as '""' } , '"' ;
/// name           = first , { letter | digit | "_" } , { "." , part } | "`" , key name , "`" ;
/// part           = ( letter | digit | "_" ) , { letter | digit | "_" } ;
/// first          = letter | "_" ;
/// ```
///
/// So, from loose to tight: `or`, `and`, `not`, comparisons, `??`, `+ -`, `* / %`, the sign. Comparisons do not chain.
/// `??` groups to the right, the others to the left. `a ?? 0 < 10` is `(a ?? 0) < 10`, and `a ?? b + 1` is `a ?? (b + 1)`.
///
/// ## Names
///
/// A name is a key, or something that the place of the expression declares (`value` in a mapping); what is declared wins.
/// `-` is always minus: a key with a `-` in it, one that starts with a digit, one named like a word of the language and
/// one hidden by a declared name are written in backquotes: `` `living-room.lux` ``. A name in backquotes is always a key.
///
/// ## Meaning
///
/// Values are numbers, booleans and texts, and nothing is converted. A key without a value is *unknown*, and so is a
/// division by zero, a result that no double holds, and an operand whose kind (where it is only known when evaluated) does
/// not fit. Unknown spreads through every operation, except: `false and unknown` is false, `true or unknown` is true,
/// `unknown ?? x` is x. `%` has the sign of its left side. `round` rounds halves away from zero.
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

    /// - Throws: the first fault; its offset counts bytes of UTF-8 from the start of `text`.
    package static func parse(_ text: String) throws(Faults) -> Expression {
        do throws(Fault) {
            guard text.utf8.count <= maximumLength else {
                throw Fault(at: 0..<0, "an expression is at most \(maximumLength) bytes long")
            }
            var parser = Parser(tokens: try Lexer.tokens(of: text))
            return Expression(text: text, root: try parser.expression())
        } catch {
            throw Faults([error])
        }
    }

    /// Finds every fault, and resolves names and operations.
    ///
    /// - Parameter expected: the kind that the place takes; nil is any.
    package func check(
        in environment: TypeEnvironment, expecting expected: ValueKind? = nil
    ) throws(Faults) -> CompiledExpression {
        var checker = Checker(environment: environment)
        let result = checker.check(root)
        if let result, let expected, let kind = result.kind, kind != expected {
            checker.faults.append(
                Fault(at: root.span, "\(expected.phrase) is needed here, this is \(kind.phrase)"))
        }
        guard checker.faults.isEmpty, let result else { throw Faults(checker.faults) }
        return CompiledExpression(
            text: text, code: result.code, kind: result.kind ?? expected, mayBeUnknown: result.mayBeUnknown,
            expected: expected, references: checker.references)
    }
}

extension Expression: CustomStringConvertible {
    /// The expression in its shortest regular form; reads back as an equal tree.
    package var description: String { root.description }
}
