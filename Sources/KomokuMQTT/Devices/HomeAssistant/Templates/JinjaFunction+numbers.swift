internal import Glibc
internal import Komoku

/// Filters about numbers, as Home Assistant has them: what is no number and has no default is an error.
extension JinjaFunction {
    static let float = JinjaFunction(["value", "default"], required: 1) { (arguments) throws(JinjaError) in
        let value = arguments[0] ?? .undefined
        if let number = try number(value) { return .float(number) }
        if let fallback = arguments[1] { return fallback }
        throw .failed("'\(value.excerpt)' is no number")
    }.shallow.marked(\.isNumberReader)

    static let integer = JinjaFunction(["value", "default", "base"], required: 1) { (arguments) throws(JinjaError) in
        let value = arguments[0] ?? .undefined
        if let integer = value.integer { return .int(integer) }
        if case .string(let text) = value, let integer = digits(text, base: arguments[2]?.integer ?? 10) {
            return .int(integer)
        }
        if let number = try number(value), let integer = Int(exactly: number.rounded(.towardZero)) {
            return .int(integer)
        }
        if let fallback = arguments[1] { return fallback }
        throw .failed("'\(value.excerpt)' is no whole number")
    }.shallow

    static let isNumber = JinjaFunction.of { (value) throws(JinjaError) in
        if value.isUndefined { return .bool(false) }
        return .bool((try number(value))?.isFinite ?? false)
    }.shallow

    static let absolute = JinjaFunction.of { (value) throws(JinjaError) in
        switch value {
        case .float(let number): return .float(number.magnitude)
        case .undefined: throw .undefined
        default:
            guard let integer = value.integer else { throw .failed("'\(value.excerpt)' is no number") }
            return .int(Int(clamping: integer.magnitude))
        }
    }.shallow

    static let round = JinjaFunction(["value", "precision", "method", "default"], required: 1) {
        (arguments) throws(JinjaError) in
        let value = arguments[0] ?? .undefined
        guard let number = try number(value), number.isFinite else {
            if let fallback = arguments[3] { return fallback }
            throw .failed("'\(value.excerpt)' is no number")
        }
        let decimals = arguments[1]?.integer ?? 0
        guard -20...20 ~= decimals else { throw .failed("no number has \(decimals) places") }
        let scale = pow(10, Double(decimals))
        let rounded: Double =
            switch arguments[2] {
            case .string("ceil")?: (number * scale).rounded(.up) / scale
            case .string("floor")?: (number * scale).rounded(.down) / scale
            case .string("half")?: (number * 2).rounded(.toNearestOrEven) / 2
            default: decimal(number, decimals: decimals)
            }
        if decimals == 0, let integer = Int(exactly: rounded.rounded(.towardZero)) { return .int(integer) }
        return .float(rounded)
    }.shallow

    static func arithmetic(_ operation: JinjaExpression.Arithmetic) -> JinjaFunction {
        JinjaFunction(["value", "amount", "default"], required: 2) { (arguments) throws(JinjaError) in
            let (value, amount) = (arguments[0] ?? .undefined, arguments[1] ?? .undefined)
            if let number = try number(value), amount.double != nil {
                return try operation.apply(.float(number), amount)
            }
            if let fallback = arguments[2] { return fallback }
            throw .failed("'\(value.excerpt)' is no number")
        }.shallow
    }

    // MARK: Reading numbers

    /// As Python's `float()`; nil where that raises an error that a default catches.
    static func number(_ value: JinjaValue) throws(JinjaError) -> Double? {
        switch value {
        case .undefined: throw .undefined
        case .string(let text): number(in: text)
        default: value.double
        }
    }

    private static func number(in text: String) -> Double? {
        let text = trimmed(text, .both).filter { $0 != "_" }
        switch text.lowercased() {
        case "nan", "+nan", "-nan": return .nan
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default:
            // Swift reads hexadecimal floats too, Python does not.
            let isDecimal = text.utf8.allSatisfy { 0x30...0x39 ~= $0 || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains($0) }
            return isDecimal && text.utf8.count <= 400 ? Double(text) : nil
        }
    }

    private static func digits(_ text: String, base: Int) -> Int? {
        guard 2...36 ~= base else { return nil }
        var digits = trimmed(text, .both).lowercased()
        for (prefix, itsBase) in [("0x", 16), ("0b", 2), ("0o", 8)] where base == itsBase && digits.hasPrefix(prefix) {
            digits.removeFirst(2)
        }
        return Int(digits, radix: base)
    }

    /// Rounded as Python does: the exact value of the double decides, halves go to the even digit.
    static func decimal(_ number: Double, decimals: Int) -> Double {
        if decimals < 0 {
            let scale = pow(10, Double(-decimals))
            return (number / scale).rounded(.toNearestOrEven) * scale
        }
        return Double(PythonFormat.c(number, decimals: decimals, "f")) ?? number
    }
}
