/// Reads the statements of a template.
struct JinjaParser {
    private let pieces: [JinjaLexer.Piece]
    private var index = 0
    private(set) var variables: [String]
    private var depth = 0

    static let maximumDepth = 24

    /// - Parameter variables: the names that it may read, in the order of their places.
    init(_ pieces: [JinjaLexer.Piece], variables: [String]) {
        self.pieces = pieces
        self.variables = variables
    }

    mutating func template() throws(JinjaFault) -> [JinjaNode] {
        let nodes = try body()
        if index < pieces.count { throw JinjaFault("'\(word ?? "")' closes nothing") }
        return nodes
    }

    /// The first word of the block at hand.
    private var word: String? {
        guard index < pieces.count, case .block(let tokens) = pieces[index], case .name(let word)? = tokens.first else {
            return nil
        }
        return word
    }

    private mutating func body() throws(JinjaFault) -> [JinjaNode] {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maximumDepth { throw JinjaFault("it is nested deeper than \(Self.maximumDepth)") }
        var nodes: [JinjaNode] = []
        while index < pieces.count {
            switch pieces[index] {
            case .text(let text): nodes.append(.text(text))
            case .output(let tokens): nodes.append(.output(try expression(tokens[...])))
            case .block(let tokens):
                guard let word else { throw JinjaFault("an empty '{%'") }
                switch word {
                case "elif", "else", "endif": return nodes
                case "if":
                    nodes.append(try choice())
                    continue
                case "set": nodes.append(try assignment(tokens.dropFirst()))
                case "for", "macro", "call", "import", "from", "include", "extends", "block", "filter", "while":
                    throw JinjaFault("'{% \(word) %}' is not supported: templates run in bounded time")
                default: throw JinjaFault("'{% \(word.prefix(40)) %}' is not supported")
                }
            }
            index += 1
        }
        return nodes
    }

    /// From `if` to behind `endif`.
    private mutating func choice() throws(JinjaFault) -> JinjaNode {
        var branches: [(condition: JinjaExpression, body: [JinjaNode])] = []
        var otherwise: [JinjaNode]?
        while let word {
            guard case .block(let tokens) = pieces[index] else { break }
            index += 1
            switch word {
            case "endif": return .choose(branches, otherwise: otherwise ?? [])
            case "else" where otherwise == nil: otherwise = try body()
            case "if", "elif":
                if otherwise != nil { throw JinjaFault("'elif' after 'else'") }
                let condition = try expression(tokens.dropFirst())
                branches.append((condition, try body()))
            default: throw JinjaFault("'\(word)' stands where it cannot")
            }
        }
        throw JinjaFault("an 'if' without 'endif'")
    }

    private mutating func assignment(_ tokens: ArraySlice<JinjaLexer.Token>) throws(JinjaFault) -> JinjaNode {
        guard case .name(let name)? = tokens.first, tokens.dropFirst().first == .symbol("=") else {
            throw JinjaFault("only '{% set name = … %}' is supported")
        }
        let value = try expression(tokens.dropFirst(2))
        guard let place = variables.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) else {
            if variables.count >= 64 { throw JinjaFault("it has more than 64 names") }
            variables.append(name)
            return .set(variables.count - 1, value)
        }
        return .set(place, value)
    }

    private func expression(_ tokens: ArraySlice<JinjaLexer.Token>) throws(JinjaFault) -> JinjaExpression {
        var parser = JinjaExpressionParser(tokens: tokens, variables: variables)
        return try parser.whole()
    }
}
