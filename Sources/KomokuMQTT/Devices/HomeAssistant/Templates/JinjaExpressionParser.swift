/// Reads one expression, with Jinja's precedences: from loose to tight `if`, `or`, `and`, `not`, comparisons, `+ -`, `~`,
/// `* / // %`, `**`, signs, and then `.` `[]` `()` `|` `is`.
struct JinjaExpressionParser {
    typealias Token = JinjaLexer.Token

    private var tokens: ArraySlice<Token>
    private let variables: [String]
    private var depth = 0

    init(tokens: ArraySlice<Token>, variables: [String]) {
        self.tokens = tokens
        self.variables = variables
    }

    mutating func whole() throws(JinjaFault) -> JinjaExpression {
        let expression = try condition()
        if let token = tokens.first { throw JinjaFault("\(Self.name(token)) stands where it cannot") }
        return expression
    }

    // MARK: Tokens

    private static func name(_ token: Token?) -> String {
        switch token {
        case nil: "the end"
        case .name(let text)?, .symbol(let text)?: "'\(text.prefix(40))'"
        case .string(let text)?: "the text '\(text.prefix(40))'"
        case .int(let int)?: "'\(int)'"
        case .float(let number)?: "'\(number)'"
        }
    }

    private mutating func skip(_ symbol: String) -> Bool {
        guard tokens.first == .symbol(symbol) else { return false }
        tokens.removeFirst()
        return true
    }

    private mutating func skip(word: String) -> Bool {
        guard tokens.first == .name(word) else { return false }
        tokens.removeFirst()
        return true
    }

    private mutating func expect(_ symbol: String) throws(JinjaFault) {
        if !skip(symbol) { throw JinjaFault("'\(symbol)' is missing before \(Self.name(tokens.first))") }
    }

    // MARK: Operators

    private mutating func condition() throws(JinjaFault) -> JinjaExpression {
        depth += 1
        defer { depth -= 1 }
        if depth > JinjaParser.maximumDepth { throw JinjaFault("it is nested deeper than \(JinjaParser.maximumDepth)") }
        var value = try disjunction()
        while skip(word: "if") {
            let test = try disjunction()
            let other = skip(word: "else") ? try condition() : nil
            value = try JinjaExpression(.condition(test, value, other), over: [test, value, other])
        }
        return value
    }

    private mutating func disjunction() throws(JinjaFault) -> JinjaExpression {
        var left = try conjunction()
        while skip(word: "or") {
            let right = try conjunction()
            left = try JinjaExpression(.or(left, right), over: [left, right])
        }
        return left
    }

    private mutating func conjunction() throws(JinjaFault) -> JinjaExpression {
        var left = try negation()
        while skip(word: "and") {
            let right = try negation()
            left = try JinjaExpression(.and(left, right), over: [left, right])
        }
        return left
    }

    private mutating func negation() throws(JinjaFault) -> JinjaExpression {
        var count = 0
        while skip(word: "not") { count += 1 }
        var value = try comparison()
        for _ in 0..<count { value = try JinjaExpression(.not(value), over: [value]) }
        return value
    }

    private mutating func comparison() throws(JinjaFault) -> JinjaExpression {
        let first = try sum()
        var rest: [(JinjaExpression.Comparison, JinjaExpression)] = []
        while let comparison = comparisonSign() {
            rest.append((comparison, try sum()))
        }
        return rest.isEmpty ? first : try JinjaExpression(.compare(first, rest), over: [first] + rest.map(\.1))
    }

    private mutating func comparisonSign() -> JinjaExpression.Comparison? {
        if skip(word: "in") { return .isIn }
        if tokens.first == .name("not"), tokens.dropFirst().first == .name("in") {
            tokens.removeFirst(2)
            return .isNotIn
        }
        guard case .symbol(let text)? = tokens.first, let comparison = JinjaExpression.Comparison(rawValue: text) else {
            return nil
        }
        tokens.removeFirst()
        return comparison
    }

    private mutating func sum() throws(JinjaFault) -> JinjaExpression {
        var left = try concatenation()
        while let sign = arithmeticSign(["+", "-"]) {
            let right = try concatenation()
            left = try JinjaExpression(.arithmetic(sign, left, right), over: [left, right])
        }
        return left
    }

    private mutating func concatenation() throws(JinjaFault) -> JinjaExpression {
        var parts = [try product()]
        while skip("~") { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : try JinjaExpression(.concatenate(parts), over: parts)
    }

    private mutating func product() throws(JinjaFault) -> JinjaExpression {
        var left = try power()
        while let sign = arithmeticSign(["*", "/", "//", "%"]) {
            let right = try power()
            left = try JinjaExpression(.arithmetic(sign, left, right), over: [left, right])
        }
        return left
    }

    private mutating func power() throws(JinjaFault) -> JinjaExpression {
        var left = try signed(filtered: true)
        while skip("**") {
            let right = try signed(filtered: true)
            left = try JinjaExpression(.arithmetic(.power, left, right), over: [left, right])
        }
        return left
    }

    private mutating func arithmeticSign(_ symbols: [String]) -> JinjaExpression.Arithmetic? {
        guard case .symbol(let text)? = tokens.first, symbols.contains(text) else { return nil }
        tokens.removeFirst()
        return JinjaExpression.Arithmetic(rawValue: text)
    }

    private mutating func signed(filtered: Bool) throws(JinjaFault) -> JinjaExpression {
        var isNegative = false
        var hasSign = false
        while let sign = arithmeticSign(["+", "-"]) {
            hasSign = true
            if sign == .subtract { isNegative.toggle() }
        }
        var value = try postfix(try primary(), filtered: !hasSign)
        if isNegative { value = try JinjaExpression(.negate(value), over: [value]) }
        return filtered && hasSign ? try postfix(value, filtered: true) : value
    }

    // MARK: Postfixes

    private mutating func postfix(
        _ start: JinjaExpression, filtered: Bool
    ) throws(JinjaFault) -> JinjaExpression {
        var value = start
        while true {
            if skip(".") {
                value = try attribute(of: value)
            } else if skip("[") {
                value = try subscripted(value)
            } else if filtered, skip("|") {
                value = try filter(value)
            } else if filtered, skip(word: "is") {
                value = try test(value)
            } else {
                return value
            }
        }
    }

    private mutating func attribute(of value: JinjaExpression) throws(JinjaFault) -> JinjaExpression {
        let name: JinjaValue
        switch tokens.popFirst() {
        case .name(let text)?:
            if skip("(") { return try call(JinjaFunction.methods[text], "the method '\(text)'", [value]) }
            name = .string(text)
        case .int(let int)?: name = .int(int)
        case let token: throw JinjaFault("a name is missing before \(Self.name(token))")
        }
        return try JinjaExpression(.item(value, try JinjaExpression(.constant(name))), over: [value])
    }

    private mutating func subscripted(_ value: JinjaExpression) throws(JinjaFault) -> JinjaExpression {
        let from = tokens.first == .symbol(":") ? nil : try condition()
        if let from, skip("]") { return try JinjaExpression(.item(value, from), over: [value, from]) }
        try expect(":")
        let to = tokens.first == .symbol("]") ? nil : try condition()
        try expect("]")
        return try JinjaExpression(.slice(value, from, to), over: [value, from, to])
    }

    private mutating func filter(_ value: JinjaExpression) throws(JinjaFault) -> JinjaExpression {
        guard case .name(let name)? = tokens.popFirst() else { throw JinjaFault("a filter is missing after '|'") }
        let what = "the filter '\(name.prefix(40))'"
        if skip("(") { return try call(JinjaFunction.filters[name], what, [value]) }
        return try call(JinjaFunction.filters[name], what, [value], hasArguments: false)
    }

    private mutating func test(_ value: JinjaExpression) throws(JinjaFault) -> JinjaExpression {
        let isNegated = skip(word: "not")
        guard case .name(let name)? = tokens.popFirst(), let test = JinjaTest(rawValue: name) else {
            throw JinjaFault("a test after 'is' is not known")
        }
        var argument: JinjaExpression?
        if test.takesArgument {
            argument = try postfix(try primary(), filtered: false)
        } else if skip("(") {
            try expect(")")
        }
        let form = JinjaExpression.Form.test(test, value, argument)
        let tested = try JinjaExpression(form, over: [value, argument])
        return isNegated ? try JinjaExpression(.not(tested), over: [tested]) : tested
    }

    /// Behind the opening parenthesis, where there are arguments.
    private mutating func call(
        _ function: JinjaFunction?, _ what: String, _ first: [JinjaExpression], hasArguments: Bool = true
    ) throws(JinjaFault) -> JinjaExpression {
        guard let function else { throw JinjaFault("\(what) is not supported") }
        var arguments: [JinjaExpression?] = first
        while hasArguments, !skip(")") {
            var place = arguments.count
            if case .name(let name)? = tokens.first, tokens.dropFirst().first == .symbol("=") {
                guard let found = function.parameters.firstIndex(of: name) else {
                    throw JinjaFault("\(what) takes no '\(name.prefix(40))'")
                }
                place = found
                tokens.removeFirst(2)
            }
            guard place < function.parameters.count else { throw JinjaFault("\(what) takes fewer arguments") }
            while arguments.count <= place { arguments.append(nil) }
            arguments[place] = try condition()
            if tokens.first != .symbol(")") { try expect(",") }
        }
        let missing = (0..<function.required).contains { $0 >= arguments.count || arguments[$0] == nil }
        if missing { throw JinjaFault("\(what) takes more arguments") }
        while arguments.count < function.parameters.count { arguments.append(nil) }
        return try JinjaExpression(.call(function, arguments), over: arguments)
    }

    // MARK: Primaries

    private mutating func primary() throws(JinjaFault) -> JinjaExpression {
        switch tokens.popFirst() {
        case .int(let int)?: return try JinjaExpression(.constant(.int(int)))
        case .float(let number)?: return try JinjaExpression(.constant(.float(number)))
        case .string(var text)?:
            while case .string(let more)? = tokens.first {
                text += more
                tokens.removeFirst()
            }
            return try JinjaExpression(.constant(.string(text)))
        case .name(let name)?: return try named(name)
        case .symbol("(")?:
            let value = try condition()
            try expect(")")
            return value
        case .symbol("[")?:
            let items = try list(until: "]")
            return try JinjaExpression(.list(items), over: items)
        case .symbol("{")?: return try dict()
        case let token: throw JinjaFault("a value is missing before \(Self.name(token))")
        }
    }

    private mutating func named(_ name: String) throws(JinjaFault) -> JinjaExpression {
        switch name {
        case "true", "True": return try JinjaExpression(.constant(.bool(true)))
        case "false", "False": return try JinjaExpression(.constant(.bool(false)))
        case "none", "None": return try JinjaExpression(.constant(.none))
        default: break
        }
        if let place = variables.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) {
            return try JinjaExpression(.variable(place))
        }
        if skip("(") { return try call(JinjaFunction.functions[name], "the function '\(name.prefix(40))'", []) }
        throw JinjaFault("the name '\(name.prefix(40))' is not known here")
    }

    private mutating func list(until end: String) throws(JinjaFault) -> [JinjaExpression] {
        var items: [JinjaExpression] = []
        while !skip(end) {
            items.append(try condition())
            if tokens.first != .symbol(end) { try expect(",") }
        }
        return items
    }

    private mutating func dict() throws(JinjaFault) -> JinjaExpression {
        var members: [(name: JinjaExpression, value: JinjaExpression)] = []
        while !skip("}") {
            let name = try condition()
            try expect(":")
            members.append((name, try condition()))
            if tokens.first != .symbol("}") { try expect(",") }
        }
        return try JinjaExpression(.dict(members), over: members.flatMap { [$0.name, $0.value] })
    }
}
