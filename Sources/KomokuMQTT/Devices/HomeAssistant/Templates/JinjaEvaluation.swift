internal import Glibc
internal import Komoku

/// One run of a template. Without loops its work is bounded by its size and that of the message.
struct JinjaEvaluation {
    /// By place.
    var variables: [JinjaValue]
    private(set) var text = ""
    /// What is left to do before the template is given up: texts can double at each step.
    private var budget = 4 << 20

    init(variables: [JinjaValue]) {
        self.variables = variables
    }

    mutating func run(_ nodes: [JinjaNode]) throws(JinjaError) {
        for node in nodes {
            switch node {
            case .text(let some): try append(some)
            case .output(let expression): try append(try value(expression).text)
            case .set(let place, let expression): variables[place] = try value(expression)
            case .choose(let branches, let otherwise): try run(try chosen(branches) ?? otherwise)
            }
        }
    }

    private mutating func chosen(
        _ branches: [(condition: JinjaExpression, body: [JinjaNode])]
    ) throws(JinjaError) -> [JinjaNode]? {
        for branch in branches where try value(branch.condition).isTrue { return branch.body }
        return nil
    }

    private mutating func append(_ some: String) throws(JinjaError) {
        try spend(some)
        text += some
        if text.utf8.count > Value.maximumStringLength { throw .failed("the result is longer than 64 KiB") }
    }

    private mutating func spend(_ some: String) throws(JinjaError) {
        budget -= 16 + some.utf8.count
        if budget < 0 { throw .failed("it takes too long") }
    }

    /// For reading a value, which may be the whole message again and again.
    private mutating func spend(on values: JinjaValue?...) throws(JinjaError) {
        for value in values { budget -= Self.cost(of: value) }
        if budget < 0 { throw .failed("it takes too long") }
    }

    private static func cost(of value: JinjaValue?) -> Int {
        switch value {
        case .string(let text)?: text.utf8.count
        case .list(let items)?: items.count
        case .dict(let members)?: members.count
        default: 1
        }
    }

    // MARK: Expressions

    private mutating func value(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
        switch expression.form {
        case .constant(let value): return value
        case .variable(let place): return place < variables.count ? variables[place] : .undefined
        case .item(let whole, let index): return try item(try value(whole), try value(index))
        case .slice(let whole, let from, let to): return try slice(whole, from, to)
        case .not(let operand): return .bool(!(try value(operand)).isTrue)
        case .negate(let operand): return try JinjaExpression.Arithmetic.subtract.apply(.int(0), try value(operand))
        case .and(let left, let right):
            let first = try value(left)
            return first.isTrue ? try value(right) : first
        case .or(let left, let right):
            let first = try value(left)
            return first.isTrue ? first : try value(right)
        case .condition(let test, let yes, let no):
            if try value(test).isTrue { return try value(yes) }
            return if let no { try value(no) } else { .undefined }
        case .list(let items): return .list(try values(items))
        case .test(let test, let operand, let argument): return .bool(try self.test(test, operand, argument))
        default: return try compound(expression)
        }
    }

    private mutating func compound(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
        switch expression.form {
        case .arithmetic(let sign, let left, let right):
            let result = try sign.apply(try value(left), try value(right))
            if case .string(let text) = result { try spend(text) }
            return result
        case .concatenate(let parts):
            let text = try JinjaFunction.joined(try values(parts).map(\.text), "")
            try spend(text)
            return .string(text)
        case .compare(let first, let rest): return .bool(try compare(first, rest))
        case .call(let function, let arguments):
            var given: JinjaFunction.Arguments = []
            for argument in arguments {
                if let argument { given.append(try value(argument)) } else { given.append(nil) }
                try spend(on: given.last ?? nil)
            }
            let result = try function.apply(given)
            if case .string(let text) = result { try spend(text) }
            return result
        case .dict(let members):
            var result: [JinjaValue.Member] = []
            for member in members {
                result.append(.init(name: try value(member.name).text, value: try value(member.value)))
            }
            return .dict(result)
        default: return .undefined
        }
    }

    private mutating func values(_ expressions: [JinjaExpression]) throws(JinjaError) -> [JinjaValue] {
        var values: [JinjaValue] = []
        for expression in expressions { values.append(try value(expression)) }
        return values
    }

    private mutating func item(_ whole: JinjaValue, _ index: JinjaValue) throws(JinjaError) -> JinjaValue {
        if whole.isUndefined { throw .undefined }
        if case .dict = whole { try spend(on: whole) }
        return whole[index]
    }

    private mutating func slice(
        _ whole: JinjaExpression, _ from: JinjaExpression?, _ to: JinjaExpression?
    ) throws(JinjaError) -> JinjaValue {
        let whole = try value(whole)
        try spend(on: whole)
        let from = try from.map { (part) throws(JinjaError) in try value(part).integer ?? 0 } ?? 0
        let to = try to.map { (part) throws(JinjaError) in try value(part).integer ?? .max } ?? .max
        func range(_ count: Int) -> Range<Int> {
            let start = min(max(from < 0 ? from + count : from, 0), count)
            return start..<max(start, min(max(to < 0 ? to + count : to, 0), count))
        }
        switch whole {
        case .list(let items): return .list(Array(items[range(items.count)]))
        case .string(let text):
            let scalars = Array(text.unicodeScalars)
            return .string(String(String.UnicodeScalarView(scalars[range(scalars.count)])))
        case .undefined: throw .undefined
        default: throw .failed("'\(whole.text.prefix(40))' has no parts")
        }
    }

    private mutating func compare(
        _ first: JinjaExpression, _ rest: [(JinjaExpression.Comparison, JinjaExpression)]
    ) throws(JinjaError) -> Bool {
        var left = try value(first)
        for (comparison, next) in rest {
            let right = try value(next)
            try spend(on: left, right)
            if !(try comparison.holds(left, right)) { return false }
            left = right
        }
        return true
    }

    private mutating func test(
        _ test: JinjaTest, _ operand: JinjaExpression, _ argument: JinjaExpression?
    ) throws(JinjaError) -> Bool {
        let value = try value(operand)
        let other: JinjaValue = if let argument { try self.value(argument) } else { .undefined }
        try spend(on: value, other)
        switch (test, value) {
        case (.defined, _): return !value.isUndefined
        case (.undefined, _): return value.isUndefined
        case (.none, .none), (.number, .int), (.number, .float), (.number, .bool), (.string, .string),
            (.boolean, .bool), (.integer, .int), (.float, .float), (.mapping, .dict), (.sequence, .list),
            (.sequence, .string), (.sequence, .dict), (.sequence, .undefined), (.iterable, .list),
            (.iterable, .string), (.iterable, .dict), (.iterable, .undefined), (.true, .bool(true)),
            (.false, .bool(false)):
            return true
        case (.isNumber, _): return try JinjaFunction.isNumber.apply([value]).isTrue
        case (.even, _), (.odd, _), (.divisibleby, _):
            guard let number = value.integer, let divisor = test == .divisibleby ? other.integer : 2, divisor != 0
            else { throw .failed("'\(value.text.prefix(40))' is no whole number") }
            return (number.quotientAndRemainder(dividingBy: divisor == -1 ? 1 : divisor).remainder == 0)
                != (test == .odd)
        case (.in, _): return try JinjaValue.contains(other, value)
        case (.equalto, _), (.eq, _): return JinjaValue.equal(value, other)
        case (.ne, _): return !JinjaValue.equal(value, other)
        case (.lt, _): return try JinjaExpression.Comparison.less.holds(value, other)
        case (.le, _): return try JinjaExpression.Comparison.lessOrEqual.holds(value, other)
        case (.gt, _): return try JinjaExpression.Comparison.greater.holds(value, other)
        case (.ge, _): return try JinjaExpression.Comparison.greaterOrEqual.holds(value, other)
        default: return false
        }
    }
}

extension JinjaExpression.Comparison {
    func holds(_ a: JinjaValue, _ b: JinjaValue) throws(JinjaError) -> Bool {
        switch self {
        case .equal: return JinjaValue.equal(a, b)
        case .unequal: return !JinjaValue.equal(a, b)
        case .less: return try JinjaValue.isLess(a, b)
        case .greater: return try JinjaValue.isLess(b, a)
        case .lessOrEqual: return try JinjaValue.isLess(a, b) || JinjaValue.equal(a, b)
        case .greaterOrEqual: return try JinjaValue.isLess(b, a) || JinjaValue.equal(a, b)
        case .isIn: return try JinjaValue.contains(b, a)
        case .isNotIn: return try !JinjaValue.contains(b, a)
        }
    }
}

extension JinjaExpression.Arithmetic {
    /// As Python does it; a whole number beyond 64 bits is an error.
    func apply(_ a: JinjaValue, _ b: JinjaValue) throws(JinjaError) -> JinjaValue {
        if a.isUndefined || b.isUndefined { throw .undefined }
        if let x = a.integer, let y = b.integer, self != .divide { return try whole(x, y) }
        if let x = a.double, let y = b.double { return .float(try real(x, y)) }
        switch (self, a, b) {
        case (.add, .string(let x), .string(let y)): return .string(try JinjaFunction.joined([x, y], ""))
        case (.add, .list(let x), .list(let y)) where x.count + y.count <= 10_000: return .list(x + y)
        case (.multiply, .string(let text), _):
            guard let count = b.integer, count <= 4096 else { break }
            return .string(try JinjaFunction.joined(Array(repeating: text, count: max(0, count)), ""))
        case (.remainder, .string(let pattern), .list(let values)):
            return .string(try JinjaFunction.formatted(pattern, values))
        case (.remainder, .string(let pattern), _): return .string(try JinjaFunction.formatted(pattern, [b]))
        default: break
        }
        throw .failed("'\(rawValue)' does not work with '\(a.text.prefix(40))' and '\(b.text.prefix(40))'")
    }

    private func whole(_ x: Int, _ y: Int) throws(JinjaError) -> JinjaValue {
        let (result, isOverflow): (Int, Bool)
        switch self {
        case .add: (result, isOverflow) = x.addingReportingOverflow(y)
        case .subtract: (result, isOverflow) = x.subtractingReportingOverflow(y)
        case .multiply: (result, isOverflow) = x.multipliedReportingOverflow(by: y)
        case .power: return y < 0 ? .float(try real(Double(x), Double(y))) : try power(x, y)
        case .divide, .divideWhole, .remainder:
            if y == 0 { throw .failed("a division by zero") }
            // The one quotient that no Int holds.
            if y == -1 { return self == .remainder ? .int(0) : try JinjaExpression.Arithmetic.subtract.whole(0, x) }
            let (quotient, remainder) = x.quotientAndRemainder(dividingBy: y)
            let isBetween = remainder != 0 && (remainder < 0) != (y < 0)
            if self == .remainder { return .int(isBetween ? remainder + y : remainder) }
            return .int(isBetween ? quotient - 1 : quotient)
        }
        if isOverflow { throw .failed("a number is too large") }
        return .int(result)
    }

    private func power(_ x: Int, _ y: Int) throws(JinjaError) -> JinjaValue {
        if x.magnitude <= 1 { return .int(y == 0 ? 1 : x == -1 && y % 2 == 0 ? 1 : x) }
        var result = 1
        for _ in 0..<min(y, 64) {
            let (product, isOverflow) = result.multipliedReportingOverflow(by: x)
            if isOverflow { throw .failed("a number is too large") }
            result = product
        }
        return .int(result)
    }

    private func real(_ x: Double, _ y: Double) throws(JinjaError) -> Double {
        switch self {
        case .add: return x + y
        case .subtract: return x - y
        case .multiply: return x * y
        case .power: return pow(x, y)
        case .divide, .divideWhole, .remainder:
            if y == 0 { throw .failed("a division by zero") }
            if self == .divide { return x / y }
            let quotient = (x / y).rounded(.down)
            return self == .divideWhole ? quotient : x - quotient * y
        }
    }
}
