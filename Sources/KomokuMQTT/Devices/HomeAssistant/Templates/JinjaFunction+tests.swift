/// `is …`
extension JinjaFunction {
    static let tests: [String: JinjaFunction] = [
        "boolean": test { if case .bool = $0 { true } else { false } },
        "contains": compared { (a, b) throws(JinjaError) in try JinjaValue.contains(a, b) },
        "datetime": test { if case .time = $0 { true } else { false } },
        "!=": unequal, "<": less, "<=": lessOrEqual, ">": greater, ">=": greaterOrEqual,
        "defined": test { !$0.isUndefined }, "divisibleby": multiple, "eq": equal, "equalto": equal, "==": equal,
        "even": remainder(0), "false": test { if case .bool(false) = $0 { true } else { false } },
        "filter": ofText { .bool(filters[$0] != nil) },
        "float": test { if case .float = $0 { true } else { false } },
        "ge": greaterOrEqual,
        "gt": greater, "greaterthan": greater,
        "in": compared { (a, b) throws(JinjaError) in try JinjaValue.contains(b, a) },
        "integer": test { if case .int = $0 { true } else { false } }, "is_number": isNumber,
        "iterable": test { isSequence($0) },
        "le": lessOrEqual,
        "list": test { if case .list = $0 { true } else { false } },
        "lower": ofText { .bool(isCased($0, by: { $0.lowercased() })) }, "lt": less, "lessthan": less,
        "mapping": test { if case .dict = $0 { true } else { false } },
        "match": patternTest(isMatch: true),
        "ne": unequal,
        "none": test { if case .none = $0 { true } else { false } },
        "number": test { $0.double != nil }, "odd": remainder(1), "sameas": same,
        "search": patternTest(isMatch: false), "sequence": test { isSequence($0) },
        "string": test { $0.isString }, "string_like": test { $0.isString },
        "true": test { if case .bool(true) = $0 { true } else { false } }, "tuple": test { $0.isTuple },
        "undefined": test { $0.isUndefined }, "upper": ofText { .bool(isCased($0, by: { $0.uppercased() })) },
    ]

    private static func test(_ holds: @escaping @Sendable (JinjaValue) -> Bool) -> JinjaFunction {
        of { .bool(holds($0)) }.shallow
    }

    private static func compared(
        _ holds: @escaping @Sendable (JinjaValue, JinjaValue) throws(JinjaError) -> Bool
    ) -> JinjaFunction {
        JinjaFunction(["value", "other"]) { (arguments) throws(JinjaError) in
            .bool(try holds(arguments[0] ?? .undefined, arguments[1] ?? .undefined))
        }
    }

    private static let equal = compared { (a, b) throws(JinjaError) in JinjaValue.equal(a, b) }
    private static let unequal = compared { (a, b) throws(JinjaError) in !JinjaValue.equal(a, b) }
    private static let less = compared(by: .less)
    private static let lessOrEqual = compared(by: .lessOrEqual)
    private static let greater = compared(by: .greater)
    private static let greaterOrEqual = compared(by: .greaterOrEqual)

    private static func compared(by comparison: JinjaExpression.Comparison) -> JinjaFunction {
        compared { (a, b) throws(JinjaError) in try comparison.holds(a, b) }
    }

    /// The very same: `1 is sameas true` is not.
    private static let same = compared { (a, b) throws(JinjaError) in
        switch (a, b) {
        case (.bool(let x), .bool(let y)): x == y
        case (.bool, _), (_, .bool): false
        default: JinjaValue.equal(a, b)
        }
    }

    private static let multiple = JinjaFunction(["value", "other"]) { (arguments) throws(JinjaError) in
        let (value, divisor) = (arguments[0] ?? .undefined, arguments[1] ?? .undefined)
        return .bool(try JinjaExpression.Arithmetic.remainder.apply(value, divisor).double == 0)
    }.shallow

    private static func remainder(_ wanted: Int) -> JinjaFunction {
        of { (value) throws(JinjaError) in
            let rest = try JinjaExpression.Arithmetic.remainder.apply(value, .int(2))
            return .bool(rest.double == Double(wanted))
        }.shallow
    }

    private static func isSequence(_ value: JinjaValue) -> Bool {
        switch value {
        case .list, .tuple, .string, .dict, .undefined: true
        default: false
        }
    }

    private static func isCased(_ text: String, by change: (String) -> String) -> Bool {
        text.utf8.elementsEqual(change(text).utf8)
            && text.unicodeScalars.contains { $0.properties.isCased }
    }
}
