/// Reads one expression, with Jinja's precedences: from loose to tight `if`, `or`, `and`, `not`, comparisons, `+ -`, `~`,
/// `* / // %`, `**`, signs, and then `.` `[]` `()` `|` `is`.
struct JinjaExpressionParser {
    typealias Token = JinjaLexer.Token

    private var tokens: ArraySlice<Token>
    private(set) var names: JinjaNames
    private var depth = 0

    init(tokens: ArraySlice<Token>, names: JinjaNames) {
        self.tokens = tokens
        self.names = names
    }

    /// What is not read yet.
    var rest: ArraySlice<Token> { tokens }

    func expectEnd() throws(JinjaTemplate.Invalid) {
        if let token = tokens.first { throw JinjaTemplate.Invalid("\(Self.name(token)) stands where it cannot") }
    }

    /// An expression, or several with commas between them.
    ///
    /// - Parameter takesCondition: an `if` belongs to it.
    mutating func tuple(takesCondition: Bool = true) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        let first = try takesCondition ? condition() : disjunction()
        guard tokens.first == .symbol(",") else { return first }
        var items = [first]
        while skip(",") {
            if tokens.isEmpty || tokens.first == .symbol(")") { break }
            items.append(try takesCondition ? condition() : disjunction())
        }
        return try JinjaExpression(.tuple(items), over: items)
    }

    /// Filters over what stands in a slot.
    mutating func filters(of slot: Int) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        var value = try JinjaExpression(.variable(slot))
        repeat { value = try filter(value) } while skip("|")
        try expectEnd()
        return value
    }

    // MARK: Tokens

    static func name(_ token: Token?) -> String {
        switch token {
        case nil: "the end"
        case .name(let text)?, .symbol(let text)?: "'\(text.prefix(40))'"
        case .string(let text)?: "the text '\(text.prefix(40))'"
        case .int(let int)?: "'\(int)'"
        case .float(let number)?: "'\(number)'"
        }
    }

    mutating func skip(_ symbol: String) -> Bool {
        guard tokens.first == .symbol(symbol) else { return false }
        tokens.removeFirst()
        return true
    }

    mutating func skipName() -> String? {
        guard case .name(let name)? = tokens.first else { return nil }
        tokens.removeFirst()
        return name
    }

    private mutating func skip(word: String) -> Bool {
        guard tokens.first == .name(word) else { return false }
        tokens.removeFirst()
        return true
    }

    private mutating func expect(_ symbol: String) throws(JinjaTemplate.Invalid) {
        if !skip(symbol) { throw JinjaTemplate.Invalid("'\(symbol)' is missing before \(Self.name(tokens.first))") }
    }

    // MARK: Operators

    mutating func condition() throws(JinjaTemplate.Invalid) -> JinjaExpression {
        depth += 1
        defer { depth -= 1 }
        if depth > JinjaParser.maximumDepth {
            throw JinjaTemplate.Invalid("it is nested deeper than \(JinjaParser.maximumDepth)")
        }
        var value = try disjunction()
        while skip(word: "if") {
            let test = try disjunction()
            let other = skip(word: "else") ? try condition() : nil
            value = try JinjaExpression(.condition(test, value, other), over: [test, value, other])
        }
        return value
    }

    private mutating func disjunction() throws(JinjaTemplate.Invalid) -> JinjaExpression {
        var left = try conjunction()
        while skip(word: "or") {
            let right = try conjunction()
            left = try JinjaExpression(.or(left, right), over: [left, right])
        }
        return left
    }

    private mutating func conjunction() throws(JinjaTemplate.Invalid) -> JinjaExpression {
        var left = try negation()
        while skip(word: "and") {
            let right = try negation()
            left = try JinjaExpression(.and(left, right), over: [left, right])
        }
        return left
    }

    private mutating func negation() throws(JinjaTemplate.Invalid) -> JinjaExpression {
        var count = 0
        while skip(word: "not") { count += 1 }
        var value = try comparison()
        for _ in 0..<count { value = try JinjaExpression(.not(value), over: [value]) }
        return value
    }

    private mutating func comparison() throws(JinjaTemplate.Invalid) -> JinjaExpression {
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

    private mutating func sum() throws(JinjaTemplate.Invalid) -> JinjaExpression {
        var left = try concatenation()
        while let sign = arithmeticSign(["+", "-"]) {
            let right = try concatenation()
            left = try JinjaExpression(.arithmetic(sign, left, right), over: [left, right])
        }
        return left
    }

    private mutating func concatenation() throws(JinjaTemplate.Invalid) -> JinjaExpression {
        var parts = [try product()]
        while skip("~") { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : try JinjaExpression(.concatenate(parts), over: parts)
    }

    private mutating func product() throws(JinjaTemplate.Invalid) -> JinjaExpression {
        var left = try power()
        while let sign = arithmeticSign(["*", "/", "//", "%"]) {
            let right = try power()
            left = try JinjaExpression(.arithmetic(sign, left, right), over: [left, right])
        }
        return left
    }

    private mutating func power() throws(JinjaTemplate.Invalid) -> JinjaExpression {
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

    private mutating func signed(filtered: Bool) throws(JinjaTemplate.Invalid) -> JinjaExpression {
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
    ) throws(JinjaTemplate.Invalid) -> JinjaExpression {
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

    private mutating func attribute(of value: JinjaExpression) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        let name: JinjaValue
        switch tokens.popFirst() {
        case .name(let text)?:
            if skip("(") { return try call(JinjaFunction.methods[text], "the method '\(text)'", [value]) }
            name = .string(text)
        case .int(let int)?: name = .int(int)
        case let token: throw JinjaTemplate.Invalid("a name is missing before \(Self.name(token))")
        }
        return try JinjaExpression(.item(value, try JinjaExpression(.constant(name))), over: [value])
    }

    private mutating func subscripted(_ value: JinjaExpression) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        let from = tokens.first == .symbol(":") ? nil : try tuple()
        if let from, skip("]") { return try JinjaExpression(.item(value, from), over: [value, from]) }
        try expect(":")
        let to = try bound()
        let step = skip(":") ? try bound() : nil
        try expect("]")
        return try JinjaExpression(.slice(value, (from, to, step)), over: [value, from, to, step])
    }

    private mutating func bound() throws(JinjaTemplate.Invalid) -> JinjaExpression? {
        tokens.first == .symbol("]") || tokens.first == .symbol(":") ? nil : try condition()
    }

    private mutating func filter(_ value: JinjaExpression) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        guard case .name(let name)? = tokens.popFirst() else {
            throw JinjaTemplate.Invalid("a filter is missing after '|'")
        }
        let what = "the filter '\(name.prefix(40))'"
        if skip("(") { return try call(JinjaFunction.filters[name], what, [value]) }
        return try call(JinjaFunction.filters[name], what, [value], hasArguments: false)
    }

    private mutating func test(_ value: JinjaExpression) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        let isNegated = skip(word: "not")
        guard case .name(let name)? = tokens.popFirst(), let test = JinjaFunction.tests[name] else {
            throw JinjaTemplate.Invalid("a test after 'is' is not known")
        }
        let what = "the test '\(name.prefix(40))'"
        let tested: JinjaExpression
        if skip("(") {
            tested = try call(test, what, [value])
        } else if test.parameters.count > 1, startsArgument {
            let argument = try postfix(try primary(), filtered: false)
            let others = Array<JinjaExpression?>(repeating: nil, count: test.parameters.count - 2)
            tested = try JinjaExpression(.call(test, [value, argument] + others), over: [value, argument])
        } else {
            tested = try call(test, what, [value], hasArguments: false)
        }
        return isNegated ? try JinjaExpression(.not(tested), over: [tested]) : tested
    }

    /// Whether what comes can be the argument of a test without parentheses.
    private var startsArgument: Bool {
        switch tokens.first {
        case .name(let name)?: !["else", "or", "and", "is", "in", "if", "not"].contains(name)
        case .int?, .float?, .string?, .symbol("[")?, .symbol("{")?: true
        default: false
        }
    }

    /// Behind the opening parenthesis, where there are arguments.
    private mutating func call(
        _ function: JinjaFunction?, _ what: String, _ first: [JinjaExpression], hasArguments: Bool = true
    ) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        guard let function else { throw JinjaTemplate.Invalid("\(what) is not supported") }
        var arguments: [JinjaExpression?] = first
        var (named, more): ([(name: JinjaExpression, value: JinjaExpression)], [JinjaExpression?]) = ([], [])
        while hasArguments, !skip(")") {
            if case .name(let name)? = tokens.first, tokens.dropFirst().first == .symbol("=") {
                tokens.removeFirst(2)
                let value = try condition()
                if let index = function.parameters.firstIndex(of: name) {
                    while arguments.count <= index { arguments.append(nil) }
                    arguments[index] = value
                } else if function.takesNames {
                    named.append((try JinjaExpression(.constant(.string(name))), value))
                } else {
                    throw JinjaTemplate.Invalid("\(what) takes no '\(name.prefix(40))'")
                }
            } else if arguments.count < function.parameters.count {
                arguments.append(try condition())
            } else if function.takesMore {
                more.append(try condition())
            } else {
                throw JinjaTemplate.Invalid("\(what) takes fewer arguments")
            }
            if tokens.first != .symbol(")") { try expect(",") }
        }
        let missing = (0..<function.required).contains { $0 >= arguments.count || arguments[$0] == nil }
        if missing { throw JinjaTemplate.Invalid("\(what) takes more arguments") }
        while arguments.count < function.parameters.count { arguments.append(nil) }
        if function.takesNames {
            let values = named.map(\.value)
            arguments.append(named.isEmpty ? nil : try JinjaExpression(.dict(named), over: values))
        }
        return try JinjaExpression(.call(function, arguments + more), over: arguments + more)
    }

    // MARK: Primaries

    private mutating func primary() throws(JinjaTemplate.Invalid) -> JinjaExpression {
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
            if skip(")") { return try JinjaExpression(.tuple([])) }
            let value = try tuple()
            try expect(")")
            return value
        case .symbol("[")?:
            let items = try list(until: "]")
            return try JinjaExpression(.list(items), over: items)
        case .symbol("{")?: return try dict()
        case let token: throw JinjaTemplate.Invalid("a value is missing before \(Self.name(token))")
        }
    }

    private mutating func named(_ name: String) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        switch name {
        case "true", "True": return try JinjaExpression(.constant(.bool(true)))
        case "false", "False": return try JinjaExpression(.constant(.bool(false)))
        case "none", "None": return try JinjaExpression(.constant(.none))
        default: break
        }
        if let slot = names.slot(of: name) { return try JinjaExpression(.variable(slot)) }
        if skip("(") { return try call(JinjaFunction.functions[name], "the function '\(name.prefix(40))'", []) }
        if let constant = JinjaFunction.constants[name] { return try JinjaExpression(.constant(constant)) }
        // What Home Assistant alone knows of.
        if name == "this" { throw JinjaTemplate.Invalid("the name 'this' is not known here") }
        return try JinjaExpression(.constant(.undefined))
    }

    private mutating func list(until end: String) throws(JinjaTemplate.Invalid) -> [JinjaExpression] {
        var items: [JinjaExpression] = []
        while !skip(end) {
            items.append(try condition())
            if tokens.first != .symbol(end) { try expect(",") }
        }
        return items
    }

    private mutating func dict() throws(JinjaTemplate.Invalid) -> JinjaExpression {
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
