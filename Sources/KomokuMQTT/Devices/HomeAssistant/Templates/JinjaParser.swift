/// Reads the statements of a template.
struct JinjaParser {
    private typealias Tokens = ArraySlice<JinjaLexer.Token>

    private let pieces: [JinjaLexer.Piece]
    private var index = 0
    private(set) var names: JinjaNames
    private var depth = 0

    static let maximumDepth = 24

    /// - Parameter variables: the names that it may read, in the order of their slots.
    init(_ pieces: [JinjaLexer.Piece], variables: [String]) {
        self.pieces = pieces
        names = JinjaNames(variables)
    }

    mutating func template() throws(JinjaTemplate.Invalid) -> [JinjaNode] {
        let nodes = try body()
        if index < pieces.count { throw JinjaTemplate.Invalid("'\(word ?? "")' closes nothing") }
        return nodes
    }

    /// The first word of the block at hand.
    private var word: String? {
        guard index < pieces.count, case .block(let tokens) = pieces[index], case .name(let word)? = tokens.first else {
            return nil
        }
        return word
    }

    private static let ends: Set<String> = [
        "elif", "else", "endif", "endfor", "endset", "endfilter", "endwith",
    ]

    private mutating func body() throws(JinjaTemplate.Invalid) -> [JinjaNode] {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw JinjaTemplate.Invalid("it is nested deeper than \(Self.maximumDepth)") }
        var nodes: [JinjaNode] = []
        while index < pieces.count {
            switch pieces[index] {
            case .text(let text): nodes.append(.text(text))
            case .output(let tokens): nodes.append(.output(try expression(tokens[...])))
            case .block(let tokens):
                guard let word else { throw JinjaTemplate.Invalid("an empty '{%'") }
                if Self.ends.contains(word) { return nodes }
                nodes.append(try statement(word, tokens.dropFirst()))
                continue
            }
            index += 1
        }
        return nodes
    }

    /// Reads to behind the end of a statement.
    private mutating func statement(_ word: String, _ tokens: Tokens) throws(JinjaTemplate.Invalid) -> JinjaNode {
        if word == "if" { return try choice() }
        index += 1
        switch word {
        case "set": return try assignment(tokens)
        case "for": return try loop(tokens)
        case "with": return try scope(tokens)
        case "do": return .evaluate(try expression(tokens))
        case "filter":
            names.beginScope()
            defer { names.endScope() }
            guard let filters = try filters(tokens) else {
                throw JinjaTemplate.Invalid("a filter is missing after 'filter'")
            }
            return .filtered(filters, try body(until: "endfilter"))
        case "break", "continue":
            if names.loops == 0 { throw JinjaTemplate.Invalid("'\(word)' stands in no loop") }
            return word == "break" ? .leave : .next
        case "macro", "call", "import", "from", "include", "extends", "block", "while":
            throw JinjaTemplate.Invalid("'{% \(word) %}' is not supported: templates run in bounded time")
        default: throw JinjaTemplate.Invalid("'{% \(word.prefix(40)) %}' is not supported")
        }
    }

    private mutating func body(until end: String) throws(JinjaTemplate.Invalid) -> [JinjaNode] {
        let nodes = try body()
        guard word == end else { throw JinjaTemplate.Invalid("'\(end)' is missing") }
        index += 1
        return nodes
    }

    /// From `if` to behind `endif`.
    private mutating func choice() throws(JinjaTemplate.Invalid) -> JinjaNode {
        var branches: [(condition: JinjaExpression, body: [JinjaNode])] = []
        var otherwise: [JinjaNode]?
        while let word {
            guard case .block(let tokens) = pieces[index] else { break }
            index += 1
            switch word {
            case "endif": return .choose(branches, otherwise: otherwise ?? [])
            case "else" where otherwise == nil: otherwise = try body()
            case "if", "elif":
                if otherwise != nil { throw JinjaTemplate.Invalid("'elif' after 'else'") }
                let condition = try expression(tokens.dropFirst())
                branches.append((condition, try body()))
            default: throw JinjaTemplate.Invalid("'\(word)' stands where it cannot")
            }
        }
        throw JinjaTemplate.Invalid("an 'if' without 'endif'")
    }

    private mutating func loop(_ tokens: Tokens) throws(JinjaTemplate.Invalid) -> JinjaNode {
        guard let inner = tokens.firstIndex(of: .name("in")) else {
            throw JinjaTemplate.Invalid("'in' is missing after 'for'")
        }
        var parser = expressions(tokens[tokens.index(after: inner)...])
        let items = try parser.tuple(takesCondition: false)
        names = parser.names
        var rest = parser.rest
        try names.beginLoop()
        var loop = JinjaLoop(
            target: try target(tokens[..<inner]), items: items, condition: nil, depth: names.loops)
        // It may call itself, which is not supported and faults there.
        if rest.last == .name("recursive") { rest.removeLast() }
        if rest.first == .name("if") {
            loop.condition = try expression(rest.dropFirst())
        } else if let token = rest.first {
            throw JinjaTemplate.Invalid("\(JinjaExpressionParser.name(token)) stands where it cannot")
        }
        loop.body = try body()
        (loop.slot, loop.inherited) = names.endLoop()
        // The names of its target are set anyway.
        if word == "else" {
            index += 1
            names.beginScope()
            loop.otherwise = try body()
            names.endScope()
        }
        guard word == "endfor" else { throw JinjaTemplate.Invalid("a 'for' without 'endfor'") }
        index += 1
        return .loop(loop)
    }

    /// `a`, `a, b`, `a, (b, c)`, `n.a`
    private mutating func target(_ tokens: Tokens) throws(JinjaTemplate.Invalid) -> JinjaTarget {
        var tokens = tokens
        var targets: [JinjaTarget] = []
        var isTuple = false
        while !tokens.isEmpty {
            switch tokens.popFirst() {
            case .name(let name)? where tokens.first == .symbol("."):
                guard case .name(let member)? = tokens.dropFirst().first, let slot = names.slot(of: name) else {
                    throw JinjaTemplate.Invalid("'\(name.prefix(40))' is no namespace")
                }
                tokens.removeFirst(2)
                targets.append(.member(slot, member))
            case .name(let name)?: targets.append(.slot(try names.define(name)))
            case .symbol("(")?:
                var count = 1
                let inner = tokens.prefix { token in
                    count += token == .symbol("(") ? 1 : token == .symbol(")") ? -1 : 0
                    return count > 0
                }
                depth += 1
                defer { depth -= 1 }
                if depth > Self.maximumDepth {
                    throw JinjaTemplate.Invalid("it is nested deeper than \(Self.maximumDepth)")
                }
                targets.append(try target(inner))
                tokens = tokens.dropFirst(inner.count + 1)
            default: throw JinjaTemplate.Invalid("a name is missing")
            }
            if tokens.isEmpty { break }
            guard tokens.popFirst() == .symbol(",") else { throw JinjaTemplate.Invalid("',' is missing between names") }
            isTuple = true
        }
        if !isTuple, let only = targets.first { return only }
        if targets.isEmpty { throw JinjaTemplate.Invalid("a name is missing") }
        return .tuple(targets)
    }

    private mutating func assignment(_ tokens: Tokens) throws(JinjaTemplate.Invalid) -> JinjaNode {
        if let index = tokens.firstIndex(of: .symbol("=")), !tokens[..<index].contains(.symbol("|")) {
            var parser = expressions(tokens[tokens.index(after: index)...])
            let value = try parser.tuple()
            try parser.expectEnd()
            names = parser.names
            return .set(try target(tokens[..<index]), value)
        }
        let bar = tokens.firstIndex(of: .symbol("|")) ?? tokens.endIndex
        let target = try target(tokens[..<bar])
        let filters = try filters(tokens[bar...].dropFirst())
        names.beginScope()
        defer { names.endScope() }
        return .capture(target, filters, try body(until: "endset"))
    }

    /// `upper | trim`, over what stands in a slot of its own; nil where there are none.
    private mutating func filters(_ tokens: Tokens) throws(JinjaTemplate.Invalid) -> JinjaNode.Filters? {
        if tokens.isEmpty { return nil }
        let slot = try names.make()
        var parser = expressions(tokens)
        let expression = try parser.filters(of: slot)
        names = parser.names
        return (slot, expression)
    }

    /// `a = 1, b = 2`
    private mutating func scope(_ tokens: Tokens) throws(JinjaTemplate.Invalid) -> JinjaNode {
        var values: [(name: String, value: JinjaExpression)] = []
        var parser = expressions(tokens)
        while let name = parser.skipName() {
            guard parser.skip("=") else { throw JinjaTemplate.Invalid("'=' is missing after 'with'") }
            values.append((name, try parser.condition()))
            if !parser.skip(",") { break }
        }
        try parser.expectEnd()
        names = parser.names
        names.beginScope()
        defer { names.endScope() }
        var given: [(slot: Int, value: JinjaExpression)] = []
        for (name, value) in values { given.append((try names.define(name), value)) }
        return .scoped(given, try body(until: "endwith"))
    }

    private func expressions(_ tokens: Tokens) -> JinjaExpressionParser {
        JinjaExpressionParser(tokens: tokens, names: names)
    }

    private mutating func expression(_ tokens: Tokens) throws(JinjaTemplate.Invalid) -> JinjaExpression {
        var parser = expressions(tokens)
        let expression = try parser.tuple()
        try parser.expectEnd()
        // Whether `loop` is asked for.
        names = parser.names
        return expression
    }
}
