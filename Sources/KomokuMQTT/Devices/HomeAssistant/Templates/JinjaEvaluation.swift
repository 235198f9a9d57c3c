internal import Glibc
internal import Komoku

/// One run of a template. It has no loops, but texts and lists can double at each step: so its work is counted.
struct JinjaEvaluation {
    /// By place.
    var variables: [JinjaValue]
    private(set) var text = ""
    /// Of the message.
    private let budget: WorkBudget
    /// What is left of the template's own part.
    private var left = WorkBudget.template

    init(variables: [JinjaValue], budget: WorkBudget) {
        self.variables = variables
        self.budget = budget
    }

    mutating func run(_ nodes: [JinjaNode]) throws(JinjaError) {
        for node in nodes {
            switch node {
            case .text(let some): try append(some)
            case .output(let expression):
                let value = try value(expression)
                try spendWhole(value)
                try append(value.text)
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

    private mutating func spend(_ some: String) throws(JinjaError) { try spend(16 + some.utf8.count) }

    private mutating func spend(_ steps: Int) throws(JinjaError) {
        left -= min(steps, WorkBudget.template + 1)
        if left < 0 { throw .failed("it takes too long") }
        if !budget.spend(steps) { throw .failed("the templates of this message take too long together") }
    }

    /// For reading a value, but not what is in its items: it may be the whole message again and again.
    private mutating func spend(on value: JinjaValue?) throws(JinjaError) {
        switch value {
        case .string(let text)?: try spend(1 + text.utf8.count)
        case .list(let items)?: try spend(1 + items.count)
        case .dict(let members)?: try spend(1 + members.count)
        default: try spend(1)
        }
    }

    /// For looking at the names of an object: long ones may differ at their ends only.
    private mutating func spendLookup(in whole: JinjaValue, of name: JinjaValue) throws(JinjaError) {
        switch (whole, name) {
        case (.dict(let members), .string(let name)): try spend(members.count * (1 + name.utf8.count / 16))
        case (.string(let text), _): try spend(text.utf8.count)
        default: try spend(1)
        }
    }

    /// For reading a value with all that is in it.
    private mutating func spendWhole(_ value: JinjaValue?) throws(JinjaError) {
        guard let value else { return }
        guard let weight = value.weight(upTo: max(0, left)) else {
            throw .failed("a value is nested deeper than \(JinjaValue.maximumDepth)")
        }
        try spend(weight)
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
        case .list(let items):
            let list = JinjaValue.list(try values(items))
            try spendWhole(list)
            return list
        case .test(let test, let operand, let argument): return .bool(try self.test(test, operand, argument))
        default: return try compound(expression)
        }
    }

    private mutating func compound(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
        switch expression.form {
        case .arithmetic(let sign, let left, let right):
            let (left, right) = (try value(left), try value(right))
            try spendWhole(left)
            try spendWhole(right)
            let result = try sign.apply(left, right)
            try spendWhole(result)
            return result
        case .concatenate(let parts):
            let values = try values(parts)
            for value in values { try spendWhole(value) }
            let text = try JinjaFunction.joined(values.map(\.text), "")
            try spend(text)
            return .string(text)
        case .compare(let first, let rest): return .bool(try compare(first, rest))
        case .call(let function, let arguments):
            var given: JinjaFunction.Arguments = []
            for argument in arguments {
                if let argument { given.append(try value(argument)) } else { given.append(nil) }
                if function.readsWhole {
                    try spendWhole(given.last ?? nil)
                } else {
                    try spend(on: given.last ?? nil)
                }
            }
            if function.isGet, case .dict? = given.first ?? nil, let name = given[1] {
                try spendLookup(in: given[0] ?? .undefined, of: name)
            }
            let result = try function.apply(given)
            try spend(on: result)
            return result
        case .dict(let members):
            var result: [JinjaValue.Member] = []
            for member in members {
                let name = try value(member.name)
                try spendWhole(name)
                result.append(.init(name: name.text, value: try value(member.value)))
            }
            try spendWhole(.dict(result))
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
        try spendLookup(in: whole, of: index)
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
        default: throw .failed("'\(whole.excerpt)' has no parts")
        }
    }

    private mutating func compare(
        _ first: JinjaExpression, _ rest: [(JinjaExpression.Comparison, JinjaExpression)]
    ) throws(JinjaError) -> Bool {
        var left = try value(first)
        for (comparison, next) in rest {
            let right = try value(next)
            switch (comparison, right) {
            // Only its names are looked at.
            case (.isIn, .dict), (.isNotIn, .dict): try spendLookup(in: right, of: left)
            default: try spendWhole(right)
            }
            try spendWhole(left)
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
        try spendWhole(other)
        if test.takesArgument { try spendWhole(value) } else { try spend(on: value) }
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
            else { throw .failed("'\(value.excerpt)' is no whole number") }
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
        case (.add, .list(let x), .list(let y)) where x.count + y.count <= JinjaValue.maximumItems: return .list(x + y)
        case (.multiply, .string(let text), _):
            guard let count = b.integer, count <= 4096 else { break }
            if text.utf8.count * max(0, count) > Value.maximumStringLength { throw .failed(JinjaFunction.tooLong) }
            return .string(String(repeating: text, count: max(0, count)))
        case (.remainder, .string(let pattern), .list(let values)):
            return .string(try JinjaFunction.formatted(pattern, values))
        case (.remainder, .string(let pattern), _): return .string(try JinjaFunction.formatted(pattern, [b]))
        default: break
        }
        throw .failed("'\(rawValue)' does not work with '\(a.excerpt)' and '\(b.excerpt)'")
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
