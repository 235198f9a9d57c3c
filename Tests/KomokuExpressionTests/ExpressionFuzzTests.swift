import Komoku
import KomokuTesting
import Testing

@testable import KomokuExpression

/// Expressions from their grammar, with every function, and damaged ones.
struct ExpressionFuzzTests {
    private static let names = ["value", "a.b", "text", "flag", "now", "sunset", "`x y`", "other.key"]

    @Test func `no expression makes the hub trap`() {
        Fuzz.run("expressions", seeds: 8000) { source in
            var bytes = Array(Self.expression(4, &source).utf8)
            if source.chance(3) { source.damage(&bytes) }
            let values: [Value] = [.number(source.double()), .string(source.text()), .boolean(source.chance(2))]
            guard let parsed = try? Expression.parse(String(decoding: bytes, as: UTF8.self)) else { return }
            let declaration = TypeEnvironment.Declaration(nil, mayBeUnknown: false)
            let environment = TypeEnvironment(locals: [
                "value": declaration, "a.b": declaration, "text": declaration, "flag": declaration,
            ])
            guard let compiled = try? parsed.check(in: environment, expecting: nil) else { return }
            for value in values { _ = compiled.outcome { _ in value } }
        }
    }

    @Test func `no template makes the hub trap`() {
        Fuzz.run("texts with expressions", seeds: 3000) { source in
            var text = ""
            for _ in 0...source.below(3) {
                text += source.pick(["a", "{{", "}}", "{", "}", ""]) + "{\(expression(2, &source))}"
            }
            var bytes = Array(text.utf8)
            if source.chance(2) { source.damage(&bytes) }
            _ = try? Template.parse(String(decoding: bytes, as: UTF8.self))
        }
    }

    private func expression(_ depth: Int, _ source: inout FuzzSource) -> String { Self.expression(depth, &source) }

    private static func expression(_ depth: Int, _ source: inout FuzzSource) -> String {
        guard depth > 0, !source.chance(4) else { return leaf(&source) }
        let signs = ["+", "-", "*", "/", "%", "<", "<=", ">", ">=", "=", "==", "!=", "and", "or", "??", "in", "not in"]
        switch source.below(7) {
        case 0, 1, 2:
            return "(\(expression(depth - 1, &source)) \(source.pick(signs)) \(expression(depth - 1, &source)))"
        case 3: return "-(\(expression(depth - 1, &source)))"
        case 4: return "not (\(expression(depth - 1, &source)))"
        case 5:
            let parts = (0..<3).map { _ in expression(depth - 1, &source) }
            return "if \(parts[0]) then \(parts[1]) else \(parts[2])"
        default:
            let name = source.pick(Function.all).name
            let arguments = (0..<source.below(4)).map { _ in expression(depth - 1, &source) }
            return "\(name)(\(arguments.joined(separator: ", ")))"
        }
    }

    private static func leaf(_ source: inout FuzzSource) -> String {
        switch source.below(6) {
        case 0: return source.pick(names)
        case 1: return source.number() + source.pick(["s", "m", "h", "d", "ms", ""])
        case 2: return "'\(source.pick(["", "a", "*", "?", "a*b", "0", "12:00", "2026-12-24"]))'"
        case 3: return source.pick(["true", "false", "[1, 2]", "(1)"])
        default: return source.number()
        }
    }
}
