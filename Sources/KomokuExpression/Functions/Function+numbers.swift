import Glibc
import Komoku

extension Function {
    static let numbers: [Function] = [
        least, greatest,
        .made(
            "clamp", [.number("a"), .number("least"), .number("greatest")], .number,
            "`a`, but not below `least` and not above `greatest`: `clamp(level, 0, 100)`", measure: .joined
        ) { checker, call, operands in
            if let least = operands[1].constant?.number, let greatest = operands[2].constant?.number,
                least > greatest
            {
                checker.fault(
                    at: call.arguments[1], "the least of clamp is above its greatest", remedy: "swap the two")
                return nil
            }
            return clamped
        },
        .plain(
            "round", [.number("a"), .decimals.optional], .number,
            "`round(21.46, 1)` is 21.5; halves are rounded away from zero; 0 to 15 decimals, written as a literal number",
            measure: .first
        ) { evaluator, operands, lookup in
            guard let number = evaluator.number(operands[0], lookup) else { return nil }
            let decimals = evaluator.decimals(operands.dropFirst().first)
            return evaluator.finite(DecimalNumber.round(number, decimals: decimals))
        },
        .number("floor", "the whole number below: `floor(-2.5)` is -3", mayFail: false, measure: .first, Glibc.floor),
        .number("ceil", "the whole number above: `ceil(-2.5)` is -2", mayFail: false, measure: .first, Glibc.ceil),
        .made("abs", [.number("a")], .number, "the number without its sign", measure: .first) { _, _, _ in size },
        .plain(
            "format", [.number("a"), .decimals], .text, "the number with so many decimals: `format(21.5, 2)` is `21.50`"
        ) { evaluator, operands, lookup in
            guard let number = evaluator.number(operands[0], lookup) else { return nil }
            return .string(DecimalNumber.text(number, decimals: evaluator.decimals(operands[1])))
        },
    ]

    private static let size: Operation = {
        var operation = Operation { evaluator, operands, lookup in
            evaluator.number(operands[0], lookup).map { .number(Swift.abs($0)) }
        }
        operation.isAbsolute = true
        return operation
    }()

    private static let clamped = Operation { evaluator, operands, lookup in
        guard let number = evaluator.number(operands[0], lookup), let least = evaluator.number(operands[1], lookup),
            let greatest = evaluator.number(operands[2], lookup)
        else { return nil }
        return .number(Swift.min(Swift.max(number, least), greatest))
    }
}

/// `min` and `max`: of their arguments, and with a key and a window of what is recorded.
extension Function {
    private static let least = extreme("min", .min, "the smallest of 2 to 64 numbers") { Swift.min($0, $1) }
    private static let greatest = extreme("max", .max, "the greatest of 2 to 64 numbers: `max(hall.lux, 10)`") {
        Swift.max($0, $1)
    }

    private static func extreme(
        _ name: String, _ recorded: HistoryCall.Function, _ about: String,
        _ better: @escaping @Sendable (Double, Double) -> Double
    ) -> Function {
        let compared = plain(
            name, [.number("a"), .number("b").repeated], .number, about, measure: .joined
        ) { evaluator, operands, lookup in
            guard var best = evaluator.number(operands[0], lookup) else { return nil }
            for operand in operands.dropFirst() {
                guard let number = evaluator.number(operand, lookup) else { return nil }
                best = better(best, number)
            }
            return .number(best)
        }
        let ofKey = ofWindow(name, recorded, "", HistoryTraits(measure: .ofKey, takesNumbers: true))
        return Function(
            name, [.number("a"), .number("b").optional.repeated],
            forms: compared.forms + ofKey.forms + ["\(name)('*.temperature')"], gives: "number",
            "\(about). With a key and a duration: of what is recorded. Of patterns: of what they are now"
        ) { checker, call in
            if call.isOverKeys, let over = KeysCall.Function(rawValue: name) { return checker.check(over, call) }
            guard call.arguments.count > 1 else {
                checker.refuseCount(of: call)
                return nil
            }
            return checker.isOfWindow(call.arguments) ? ofKey.check(&checker, call) : compared.check(&checker, call)
        }
    }
}

extension Evaluator {
    /// A literal that was checked, 0 where there is none.
    fileprivate func decimals(_ code: Code?) -> Int {
        code?.constant?.number.flatMap { Int(exactly: $0) } ?? 0
    }
}
