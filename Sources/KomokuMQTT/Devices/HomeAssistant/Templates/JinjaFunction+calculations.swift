internal import Glibc
internal import Komoku

/// The tables of what is about numbers, and what calculates with several.
extension JinjaFunction {
    static let numberFilters: [String: JinjaFunction] = mathematics.merging([
        "abs": absolute, "add": arithmetic(.add), "atan2": atan2, "bitwise_and": bits { $0 & $1 },
        "bitwise_or": bits { $0 | $1 }, "bitwise_xor": bits { $0 ^ $1 }, "bool": boolean, "float": float,
        "int": integer, "is_number": isNumber, "log": logarithm, "multiply": arithmetic(.multiply), "ordinal": ordinal,
        "round": round,
    ]) { $1 }

    static let numberFunctions: [String: JinjaFunction] = mathematics.merging([
        "atan2": atan2, "bitwise_and": bits { $0 & $1 }, "bitwise_or": bits { $0 | $1 },
        "bitwise_xor": bits { $0 ^ $1 }, "float": float, "int": integer, "is_number": isNumber, "log": logarithm,
    ]) { $1 }

    private static let mathematics: [String: JinjaFunction] = [
        "acos": of(Glibc.acos), "asin": of(Glibc.asin), "atan": of(Glibc.atan), "cos": of(Glibc.cos),
        "sin": of(Glibc.sin), "sqrt": of(Glibc.sqrt), "tan": of(Glibc.tan),
    ]

    /// Of one number; what it has no result for is an error unless there is a default.
    private static func of(_ operation: @escaping @Sendable (Double) -> Double) -> JinjaFunction {
        JinjaFunction(["value", "default"], required: 1) { (arguments) throws(JinjaError) in
            let value = arguments[0] ?? .undefined
            if let number = try number(value), case let result = operation(number), !result.isNaN {
                return .float(result)
            }
            if let fallback = arguments[1] { return fallback }
            throw .failed("'\(value.excerpt)' has no such value")
        }.shallow
    }

    private static let atan2 = JinjaFunction(["y", "x", "default"], required: 2) { (arguments) throws(JinjaError) in
        if let y = try number(arguments[0] ?? .undefined), let x = try number(arguments[1] ?? .undefined) {
            return .float(Glibc.atan2(y, x))
        }
        if let fallback = arguments[2] { return fallback }
        throw .failed("'atan2' takes two numbers")
    }.shallow

    private static let logarithm = JinjaFunction(["value", "base", "default"], required: 1) {
        (arguments) throws(JinjaError) in
        let base = try arguments[1].map { (base) throws(JinjaError) in try number(base) } ?? M_E
        if let number = try number(arguments[0] ?? .undefined), let base, number > 0, base > 0, base != 1 {
            let plain = base == M_E ? log(number) : base == 10 ? log10(number) : base == 2 ? log2(number) : nil
            return .float(plain ?? log(number) / log(base))
        }
        if let fallback = arguments[2] { return fallback }
        throw .failed("'\((arguments[0] ?? .undefined).excerpt)' has no logarithm")
    }.shallow

    private static func bits(_ apply: @escaping @Sendable (Int, Int) -> Int) -> JinjaFunction {
        JinjaFunction(["value", "other"]) { (arguments) throws(JinjaError) in
            guard let a = arguments[0]?.integer, let b = arguments[1]?.integer else {
                throw .failed("bits are of whole numbers")
            }
            return .int(apply(a, b))
        }.shallow
    }

    /// `1st`
    static let ordinal = ofText { (text) throws(JinjaError) in
        let digits = text.utf8.suffix(2).map { Int($0) - 0x30 }
        guard let last = digits.last, 0...9 ~= last else { throw .failed("'\(text.prefix(40))' is no whole number") }
        let isTeen = digits.count == 2 && digits[0] == 1 && 1...3 ~= last
        return .string(text + (isTeen || last > 3 ? "th" : ["th", "st", "nd", "rd"][last]))
    }

    static let bitLength = of { (value) throws(JinjaError) in
        guard let number = value.integer else { throw .failed("'\(value.excerpt)' is no whole number") }
        return .int(Int.bitWidth - Int(number.magnitude.leadingZeroBitCount))
    }

    static let isWhole = of { (value) throws(JinjaError) in
        guard let number = value.double else { throw .failed("'\(value.excerpt)' is no number") }
        return .bool(number.rounded() == number)
    }

    // MARK: Several numbers

    static let average = overall { numbers, _ in .float(numbers.reduce(0, +) / Double(numbers.count)) }

    static let median = overall { numbers, items in
        let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
        let middle = order.count / 2
        if order.count % 2 == 1 { return items[order[middle]] }
        return .float((numbers[order[middle - 1]] + numbers[order[middle]]) / 2)
    }

    /// Of a list, or of several arguments.
    private static func overall(
        _ result: @escaping @Sendable ([Double], [JinjaValue]) -> JinjaValue
    ) -> JinjaFunction {
        var function = JinjaFunction(["value"]) { (arguments) throws(JinjaError) in
            var items = [arguments[0]] + arguments.dropFirst(2)
            var fallback: JinjaValue?
            if case .dict(let names)? = arguments[1] { fallback = names.first { $0.isNamed("default") }?.value }
            if let list = arguments[0]?.items {
                if fallback == nil, items.count > 1 { fallback = items[1] }
                items = list
            }
            let numbers = items.compactMap { $0?.double }
            if numbers.count == items.count, !items.isEmpty { return result(numbers, items.compactMap(\.self)) }
            if let fallback { return fallback }
            throw .failed("these are no numbers")
        }
        (function.takesNames, function.takesMore) = (true, true)
        return function
    }
}
