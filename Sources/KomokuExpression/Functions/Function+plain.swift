import Komoku

/// What a call makes of its evaluated arguments. It never traps, and takes time in proportion to them.
struct Operation: Sendable {
    typealias Body =
        @Sendable (
            _ evaluator: inout Evaluator, _ operands: [Code], _ lookup: Evaluator.Lookup
        ) -> Value?

    let body: Body
    /// It is the size of its operand: of what grows evenly it is known when it crosses a limit.
    var isAbsolute = false

    init(_ body: @escaping Body) {
        self.body = body
    }
}

/// What the result of a function counts.
enum ResultMeasure: Sendable {
    case any
    /// What its first argument does.
    case first
    /// What all of them do together; a warning where that differs.
    case joined
}

extension Function {
    typealias Make =
        @Sendable (
            _ checker: inout Checker, _ call: Call, _ operands: [Checker.Checked]
        ) -> Operation?

    /// A function of its arguments' values alone.
    ///
    /// - Parameters:
    ///   - result: nil where it is known only when evaluated.
    ///   - mayFail: whether it can be unknown although its arguments are known.
    static func plain(
        _ name: String, _ parameters: [Parameter], _ result: ValueKind?, _ about: String, gives: String? = nil,
        mayFail: Bool = false, measure: ResultMeasure = .any, _ body: @escaping Operation.Body
    ) -> Function {
        let operation = Operation(body)
        return made(name, parameters, result, about, gives: gives, mayFail: mayFail, measure: measure) { _, _, _ in
            operation
        }
    }

    /// As `plain`, where what the arguments are is looked at before: `make` gives nil after it has reported a fault.
    static func made(
        _ name: String, _ parameters: [Parameter], _ result: ValueKind?, _ about: String, gives: String? = nil,
        mayFail: Bool = false, measure: ResultMeasure = .any, _ make: @escaping Make
    ) -> Function {
        Function(name, parameters, gives: gives ?? result.word, about) { checker, call in
            guard let operands = checker.operands(of: call) else { return nil }
            let joined = checker.measure(measure, of: operands, in: call)
            guard let operation = make(&checker, call, operands) else { return nil }
            return checker.result(
                .call(operation, operands.map(\.code)), result, of: operands,
                mayBeUnknown: mayFail || operands.contains { $0.mayBeUnknown }, measure: joined, at: call.syntax)
        }
    }

    /// A number of a number; unknown where it comes out infinite or as none.
    static func number(
        _ name: String, _ about: String, mayFail: Bool = true, measure: ResultMeasure = .any,
        _ body: @escaping @Sendable (Double) -> Double
    ) -> Function {
        plain(name, [.number("a")], .number, about, mayFail: mayFail, measure: measure) {
            evaluator, operands, lookup in
            guard let number = evaluator.number(operands[0], lookup) else { return nil }
            return evaluator.finite(body(number))
        }
    }
}

extension Checker {
    mutating func check(_ function: Function, _ arguments: [Syntax], at syntax: Syntax) -> Checked? {
        let call = Function.Call(function: function, arguments: arguments, syntax: syntax)
        guard function.counts.contains(arguments.count) else {
            refuseCount(of: call)
            return nil
        }
        guard environment.offers.isSuperset(of: function.needs) else {
            refuse(function.name, function.needs, at: syntax)
            return nil
        }
        return function.check(&self, call)
    }

    mutating func refuseCount(of call: Function.Call) {
        let count = call.arguments.count
        fault(
            at: call.syntax, "\(call.name) does not take \(count) argument\(count == 1 ? "" : "s")",
            remedy: "write \(call.function.usage)")
    }

    mutating func refuse(_ name: String, _ needs: Offers, at syntax: Syntax) {
        let (reason, remedy) = needs.refusal
        fault(at: syntax, "'\(name)' \(reason)", remedy: remedy)
    }

    /// All of them, or nil where one has a fault; the others are looked at all the same.
    mutating func operands(of call: Function.Call) -> [Checked]? {
        var operands: [Checked] = []
        for (index, argument) in call.arguments.enumerated() {
            if let operand = operand(argument, index, of: call) { operands.append(operand) }
        }
        return operands.count == call.arguments.count ? operands : nil
    }

    private mutating func operand(_ argument: Syntax, _ index: Int, of call: Function.Call) -> Checked? {
        let parameters = call.function.parameters
        guard let last = parameters.last else { return nil }
        let parameter = index < parameters.count ? parameters[index] : last
        switch parameter.kind {
        case .number: return check(argument, as: .number, "\(call.name) \(Self.demand(parameters, index))")
        case .text: return check(argument, as: .text, "\(call.name) takes text", remedy: "write text(\(argument))")
        case .decimals: return decimals(argument, of: call.name)
        case .value, .special: return check(argument)
        }
    }

    private static func demand(_ parameters: [Function.Parameter], _ index: Int) -> String {
        let isNumeric = parameters.allSatisfy { $0.kind == .number || $0.isOptional }
        return isNumeric ? "takes numbers" : index == 0 ? "takes a number" : "takes a number here"
    }

    private mutating func decimals(_ syntax: Syntax, of name: String) -> Checked? {
        if case .literal(.number(let number)) = syntax.form, let decimals = Int(exactly: number), 0...15 ~= decimals {
            return check(syntax)
        }
        fault(at: syntax, "the decimals of \(name) are a whole number from 0 to 15")
        return nil
    }

    mutating func measure(
        _ measure: ResultMeasure, of operands: [Checked], in call: Function.Call
    ) -> Measure {
        guard measure != .any, let first = operands.first else { return .any }
        guard measure == .joined else { return first.measure }
        var joined = first.measure
        for (operand, argument) in zip(operands, call.arguments).dropFirst() {
            warnOfMeasures(first, call.arguments[0], operand, argument, at: call.syntax)
            joined = joined.joined(operand.measure)
        }
        return joined
    }
}

extension ValueKind? {
    fileprivate var word: String {
        switch self {
        case .number: "number"
        case .boolean: "boolean"
        case .text: "text"
        case nil: "any"
        }
    }
}
