/// A filter, a function or a method of a template.
struct JinjaFunction: Sendable {
    typealias Arguments = [JinjaValue?]

    /// With the input as the first.
    let parameters: [String]
    let required: Int
    /// It takes a member of an object.
    var isGet = false
    /// It changes nothing but whether a missing value is an error.
    var isCheckOfPresence = false
    /// It makes a number of a text.
    var isNumberReader = false
    /// It looks at what is in the items of its arguments, not only at how many there are.
    var readsWhole = true
    let apply: @Sendable (Arguments) throws(JinjaError) -> JinjaValue

    init(
        _ parameters: [String], required: Int? = nil,
        _ apply: @escaping @Sendable (Arguments) throws(JinjaError) -> JinjaValue
    ) {
        self.parameters = parameters
        self.required = required ?? parameters.count
        self.apply = apply
    }

    func marked(_ mark: WritableKeyPath<JinjaFunction, Bool>) -> JinjaFunction {
        var function = self
        function[keyPath: mark] = true
        return function
    }

    /// Looks at no more of its arguments than whether they are there, what they are, and how many items they have.
    var shallow: JinjaFunction {
        var function = self
        function.readsWhole = false
        return function
    }

    /// One value to one value.
    static func of(_ apply: @escaping @Sendable (JinjaValue) throws(JinjaError) -> JinjaValue) -> JinjaFunction {
        JinjaFunction(["value"]) { (arguments) throws(JinjaError) in try apply(arguments[0] ?? .undefined) }
    }

    /// One text to one value; other values are printed first.
    static func ofText(_ apply: @escaping @Sendable (String) throws(JinjaError) -> JinjaValue) -> JinjaFunction {
        of { (value) throws(JinjaError) in try apply(value.text) }
    }
}

extension JinjaFunction {
    static let filters: [String: JinjaFunction] = [
        "abs": absolute, "add": arithmetic(.add), "bitwise_and": bits { $0 & $1 }, "bitwise_or": bits { $0 | $1 },
        "bitwise_xor": bits { $0 ^ $1 }, "bool": boolean, "capitalize": capitalize, "count": length, "d": fallback,
        "default": fallback, "first": first, "float": float, "format": format, "from_json": fromJSON, "iif": iif,
        "int": integer, "is_defined": isDefined, "is_number": isNumber, "join": join, "last": last, "length": length,
        "list": list, "lower": lower, "max": extreme { (a, b) throws(JinjaError) in try JinjaValue.isLess(a, b) },
        "min": extreme { (a, b) throws(JinjaError) in try JinjaValue.isLess(b, a) },
        "multiply": arithmetic(.multiply), "replace": replace, "reverse": reverse, "round": round, "string": string,
        "sum": sum, "title": title, "to_json": toJSON(isSpaced: false), "tojson": toJSON(isSpaced: true),
        "trim": trim, "truncate": truncate, "upper": upper,
    ]

    static let functions: [String: JinjaFunction] = [
        "bool": boolean, "float": float, "iif": iif, "int": integer, "is_number": isNumber,
        "max": JinjaFunction(["a", "b", "c", "d"], required: 1) { (arguments) throws(JinjaError) in
            try extreme(of: arguments) { (a, b) throws(JinjaError) in try JinjaValue.isLess(a, b) }
        },
        "min": JinjaFunction(["a", "b", "c", "d"], required: 1) { (arguments) throws(JinjaError) in
            try extreme(of: arguments) { (a, b) throws(JinjaError) in try JinjaValue.isLess(b, a) }
        },
    ]

    static let methods: [String: JinjaFunction] = [
        "capitalize": capitalize, "count": countOf, "endswith": suffix, "find": find, "get": get,
        "isdigit": isDigit, "items": items, "join": joinAll, "keys": keys, "lower": lower, "lstrip": strip(.start),
        "replace": replace, "rstrip": strip(.end), "split": split, "startswith": prefix, "strip": strip(.both),
        "title": title, "upper": upper, "values": values, "zfill": zeroFill,
    ]
}
