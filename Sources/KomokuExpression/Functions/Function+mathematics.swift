import Glibc
import Komoku

/// Total: what comes out infinite, or as no number, is unknown.
extension Function {
    static let mathematics: [Function] = [
        .number("sqrt", "the square root; unknown of a negative number", Glibc.sqrt),
        .plain(
            "pow", [.number("a"), .number("b")], .number,
            "`a` to the power of `b`: `pow(2, 10)` is 1024; unknown where it is no number or too large, as `pow(-8, 0.5)`",
            mayFail: true
        ) { evaluator, operands, lookup in
            guard let base = evaluator.number(operands[0], lookup),
                let exponent = evaluator.number(operands[1], lookup)
            else { return nil }
            return evaluator.finite(Glibc.pow(base, exponent))
        },
        .number("exp", "`e` to the power of `a`", Glibc.exp),
        .plain(
            "log", [.number("a"), .number("base").optional], .number,
            "the natural logarithm, or that to a base: `log(8, 2)` is 3; unknown of 0 and of negative numbers",
            mayFail: true
        ) { evaluator, operands, lookup in
            guard let number = evaluator.number(operands[0], lookup) else { return nil }
            guard let last = operands.dropFirst().first else { return evaluator.finite(Glibc.log(number)) }
            guard let base = evaluator.number(last, lookup) else { return nil }
            return evaluator.finite(logarithm(of: number, to: base))
        },
        .number("sin", "of an angle in radians: `sin(azimuth * pi / 180)`", Glibc.sin),
        .number("cos", "of an angle in radians", Glibc.cos),
        .number("tan", "of an angle in radians", Glibc.tan),
        .number("asin", "the angle in radians, -π/2 to π/2, whose sine it is", Glibc.asin),
        .number("acos", "the angle in radians, 0 to π, whose cosine it is", Glibc.acos),
        .number("atan", "the angle in radians, -π/2 to π/2, whose tangent it is", Glibc.atan),
        .plain(
            "atan2", [.number("y"), .number("x")], .number,
            "the angle of a point in radians, -π to π: `atan2(1, -1)` is three quarters of `pi`"
        ) { evaluator, operands, lookup in
            guard let y = evaluator.number(operands[0], lookup), let x = evaluator.number(operands[1], lookup)
            else { return nil }
            return .number(Glibc.atan2(y, x))
        },
        .number("sign", "1, 0 or -1", mayFail: false) { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
        Function("pi", [], forms: ["pi"], gives: "number", "3.14159…") { _, _ in
            Checker.Checked(
                code: .constant(.number(.pi)), kind: .number, mayBeUnknown: false, measure: .bare,
                constant: .number(.pi))
        },
    ]

    /// Whole powers of 2 and 10 come out whole.
    private static func logarithm(of number: Double, to base: Double) -> Double {
        guard base > 0, base != 1 else { return .nan }
        if base == 2 { return Glibc.log2(number) }
        if base == 10 { return Glibc.log10(number) }
        return Glibc.log(number) / Glibc.log(base)
    }
}
