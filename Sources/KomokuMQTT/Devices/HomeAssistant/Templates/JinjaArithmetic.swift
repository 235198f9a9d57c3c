internal import Glibc
internal import Komoku

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
        if case .remainder = self, case .string(let pattern) = a {
            return .string(try PythonFormat.percent(pattern, b))
        }
        if a.isUndefined || b.isUndefined { throw .undefined }
        if let x = a.integer, let y = b.integer, self != .divide { return try whole(x, y) }
        if let x = a.double, let y = b.double { return .float(try real(x, y)) }
        switch (self, a, b) {
        case (.add, .string(let x), .string(let y)): return .string(try JinjaFunction.joined([x, y], ""))
        case (.add, .list(let x), .list(let y)) where x.count + y.count <= JinjaValue.maximumItems: return .list(x + y)
        case (.add, .tuple(let x), .tuple(let y)) where x.count + y.count <= JinjaValue.maximumItems:
            return .tuple(x + y)
        case (.multiply, .string(let text), _), (.multiply, _, .string(let text)):
            guard let count = (a.isString ? b : a).integer, count <= 4096 else { break }
            if text.utf8.count * max(0, count) > Value.maximumStringLength { throw .failed(JinjaFunction.tooLong) }
            return .string(String(repeating: text, count: max(0, count)))
        case (.multiply, .list(let items), _):
            guard let count = b.integer, items.count.multipliedReportingOverflow(by: max(0, count)).overflow == false,
                items.count * max(0, count) <= JinjaValue.maximumItems
            else { break }
            return .list((0..<(items.isEmpty ? 0 : max(0, count))).flatMap { _ in items })
        default:
            if let result = try times(a, b) { return result }
        }
        throw .failed("'\(rawValue)' does not work with '\(a.excerpt)' and '\(b.excerpt)'")
    }

    /// Of moments and lengths of time; nil where that is no operation of theirs.
    private func times(_ a: JinjaValue, _ b: JinjaValue) throws(JinjaError) -> JinjaValue? {
        func checked(_ result: (partialValue: Int, overflow: Bool)) throws(JinjaError) -> Int {
            if result.overflow { throw .failed("a length of time is too large") }
            return result.partialValue
        }
        func moved(_ time: JinjaTime, _ span: Int) throws(JinjaError) -> JinjaValue {
            guard let moved = time.moved(by: span) else { throw .failed("a time is out of range") }
            return .time(moved)
        }
        switch (self, a, b) {
        case (.add, .time(let time), .span(let span)), (.add, .span(let span), .time(let time)):
            return try moved(time, span)
        case (.subtract, .time(let time), .span(let span)):
            return try moved(
                time,
                try checked(
                    span.multipliedReportingOverflow(by: -1)))
        case (.subtract, .time(let x), .time(let y)):
            guard x.isAware == y.isAware else { throw .failed("times with and without an offset do not mix") }
            return .span(x.moment - y.moment)
        case (.add, .span(let x), .span(let y)): return .span(try checked(x.addingReportingOverflow(y)))
        case (.subtract, .span(let x), .span(let y)): return .span(try checked(x.subtractingReportingOverflow(y)))
        case (.divide, .span(let x), .span(let y)) where y != 0: return .float(Double(x) / Double(y))
        case (.multiply, .span(let x), _), (.divide, .span(let x), _), (.divideWhole, .span(let x), _):
            guard let number = b.double, self == .multiply || number != 0 else { return nil }
            let result = (self == .multiply ? Double(x) * number : Double(x) / number)
            guard let whole = Int(exactly: result.rounded(self == .divideWhole ? .down : .toNearestOrEven)) else {
                throw .failed("a length of time is too large")
            }
            return .span(whole)
        default: return nil
        }
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
