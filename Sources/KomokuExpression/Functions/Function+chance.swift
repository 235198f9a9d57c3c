import Komoku

/// What is drawn anew each time. Where the numbers come from is the asker's business, so that a test can repeat them.
extension Function {
    static let chance: [Function] = [
        Function(
            "random", [.number("a").optional, .number("b").optional], needs: .chance,
            forms: ["random()", "random(a, b)"], gives: "number",
            "a number from 0 up to 1, or from `a` up to `b`, each as likely; the upper end is not reached: `floor(random(1, 7))` is a die, `random(5m, 20m)` a time to wait"
        ) { checker, call in
            let draw = checker.draw()
            if call.arguments.isEmpty { return draw }
            guard call.arguments.count == 2 else {
                checker.fault(
                    at: call.syntax, "random takes no limits, or both", remedy: "write \(call.function.usage)")
                return nil
            }
            guard let operands = checker.operands(of: call) else { return nil }
            let measure = checker.measure(.joined, of: operands, in: call)
            return Checker.Checked(
                code: .call(between, [draw.code] + operands.map(\.code)), kind: .number,
                mayBeUnknown: operands.contains { $0.mayBeUnknown }, measure: measure)
        },
        Function(
            "choice", [.value("a"), .value("b").repeated], needs: .chance, gives: "as they are",
            "one of up to 64 values of one kind, each as likely: `choice('red', 'green', 'blue')`"
        ) { checker, call in
            guard let operands = checker.operands(of: call) else { return nil }
            let kinds = Set(operands.compactMap(\.kind))
            guard kinds.count < 2 else {
                checker.fault(at: call.syntax, "choice takes values of one kind")
                return nil
            }
            let measure = checker.measure(.joined, of: operands, in: call)
            let isDynamic = operands.contains { $0.kind == nil }
            return Checker.Checked(
                code: .call(one, [checker.draw().code] + operands.map(\.code)), kind: isDynamic ? nil : kinds.first,
                mayBeUnknown: operands.contains { $0.mayBeUnknown },
                values: operands.reduce([]) { Checker.union($0, $1.values) }, measure: measure)
        },
    ]

    private static let between = Operation { evaluator, operands, lookup in
        guard let part = evaluator.number(operands[0], lookup), let least = evaluator.number(operands[1], lookup),
            let end = evaluator.number(operands[2], lookup)
        else { return nil }
        return evaluator.finite(least + part * (end - least))
    }

    private static let one = Operation { evaluator, operands, lookup in
        guard let part = evaluator.number(operands[0], lookup) else { return nil }
        let count = operands.count - 1
        // An asker that draws 1, or nonsense, gets one of them too.
        let place = part >= 0 && part < 1 ? Int(part * Double(count)) : 0
        return evaluator.value(operands[1 + min(place, count - 1)], lookup)
    }
}

extension Checker {
    fileprivate mutating func draw() -> Checked { read(.random, .init(.number, mayBeUnknown: false)) }
}
