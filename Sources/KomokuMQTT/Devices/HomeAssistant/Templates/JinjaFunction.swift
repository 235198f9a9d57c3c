/// A filter, a test, a function or a method of a template.
struct JinjaFunction: Sendable {
    typealias Arguments = [JinjaValue?]
    typealias Body = @Sendable (Arguments, JinjaWork) throws(JinjaError) -> JinjaValue

    /// With the input as the first.
    let parameters: [String]
    let required: Int
    /// Arguments with names of their own come as a dictionary behind the parameters.
    var takesNames = false
    /// More arguments come behind all of these.
    var takesMore = false
    /// It takes a member of an object.
    var isGet = false
    /// It changes nothing but whether a missing value is an error.
    var isCheckOfPresence = false
    /// It makes a number of a text.
    var isNumberReader = false
    /// It looks at what is in the items of its arguments, not only at how many there are.
    var readsWhole = true
    let apply: Body

    init(
        _ parameters: [String], required: Int? = nil,
        _ apply: @escaping @Sendable (Arguments) throws(JinjaError) -> JinjaValue
    ) {
        self.init(working: parameters, required: required) { (arguments, _) throws(JinjaError) in
            try apply(arguments)
        }
    }

    init(working parameters: [String], required: Int? = nil, _ apply: @escaping Body) {
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

    /// As a filter calls it for an item: `map('round', 1)`.
    ///
    /// - Parameter names: a dictionary, or nil.
    func call(
        _ item: JinjaValue, _ more: [JinjaValue], _ names: JinjaValue?, _ work: JinjaWork
    ) throws(JinjaError) -> JinjaValue {
        var given: Arguments = [item]
        var rest: [JinjaValue] = []
        for value in more {
            if given.count < parameters.count { given.append(value) } else { rest.append(value) }
        }
        if !rest.isEmpty, !takesMore { throw .failed("a filter takes fewer arguments") }
        while given.count < parameters.count { given.append(nil) }
        var named: [JinjaValue.Member] = []
        if case .dict(let members)? = names {
            for member in members {
                if let index = parameters.firstIndex(of: member.key.text) {
                    given[index] = member.value
                } else {
                    named.append(member)
                }
            }
        }
        if (0..<required).contains(where: { given[$0] == nil }) { throw .failed("a filter takes more arguments") }
        if takesNames { given.append(named.isEmpty ? nil : .dict(named)) }
        for value in given {
            if readsWhole { try work.spendWhole(value) } else { try work.spend(on: value) }
        }
        return try apply(given + rest, work)
    }
}

extension JinjaFunction {
    static let filters: [String: JinjaFunction] = numberFilters.merging(textFilters) { $1 }
        .merging(listFilters) { $1 }.merging(timeFilters) { $1 }.merging(patternFilters) { $1 }

    static let functions: [String: JinjaFunction] = numberFunctions.merging(timeFunctions) { $1 }
        .merging([
            "average": average, "bool": boolean, "combine": combine, "dict": dictionary, "flatten": flatten,
            "iif": iif, "list": list, "max": greatest, "median": median, "min": least, "namespace": namespace,
            "ordinal": ordinal, "range": range, "slugify": slugify, "tuple": tuple, "typeof": typeOf,
            "urlencode": urlEncode, "zip": zip,
        ]) { $1 }.merging(patternFilters) { $1 }

    static let methods: [String: JinjaFunction] = textMethods.merging(timeMethods) { $1 }
        .merging([
            "bit_length": bitLength, "count": countOf, "cycle": cycle, "get": get, "index": indexOf,
            "is_integer": isWhole, "items": items, "keys": keys, "replace": replaceMethod, "values": values,
        ]) { $1 }

    static let constants: [String: JinjaValue] = [
        "e": .float(2.718281828459045), "inf": .float(.infinity), "pi": .float(.pi), "tau": .float(2 * .pi),
    ]
}
