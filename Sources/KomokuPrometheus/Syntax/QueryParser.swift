/// Reads the words of a query from left to right.
struct QueryParser {
    let tokens: [QueryToken]
    let text: [UInt8]
    private var index = 0
    private var depth = 0
    var selectors = 0

    init(tokens: [QueryToken], text: [UInt8]) { (self.tokens, self.text) = (tokens, text) }

    var token: QueryToken { tokens[index] }
    var next: QueryToken { tokens[min(index + 1, tokens.count - 1)] }

    mutating func advance() { index = min(index + 1, tokens.count - 1) }

    mutating func take(_ sign: String) -> Bool {
        guard token.isSign(sign) else { return false }
        advance()
        return true
    }

    mutating func expect(_ sign: String, in place: String) throws(QueryError) {
        guard take(sign) else { throw fault("unexpected \(token.told) in \(place), expected \"\(sign)\"") }
    }

    func fault(_ message: String, at offset: Int? = nil) -> QueryError {
        .parsing(message, at: offset ?? token.offset, in: text)
    }

    mutating func query() throws(QueryError) -> Node {
        guard token.kind != .end else { throw fault("no expression found in input") }
        let node = try expression()
        guard token.kind == .end else { throw fault("unexpected \(token.told)") }
        return node
    }

    // MARK: Operators

    /// - Parameter strength: of the loosest operator that is taken.
    mutating func expression(from strength: Int = 1) throws(QueryError) -> Node {
        depth += 1
        defer { depth -= 1 }
        // So much is on the stack for each that it has to be told before the tree is there.
        guard depth <= Query.maximumHeight else { throw fault("the query is nested too deeply") }
        var left = try operand()
        while let sign = operation, sign.strength >= strength {
            let offset = token.offset
            advance()
            let operation = try modifiers(of: sign)
            // Powers group to the right, all else to the left.
            let right = try expression(from: sign == .power ? sign.strength : sign.strength + 1)
            left = try binary(operation, left, right, at: offset)
        }
        return left
    }

    private var operation: BinaryOperation.Sign? {
        switch token.kind {
        case .sign(let sign): BinaryOperation.Sign(rawValue: sign)
        case .name: BinaryOperation.Sign(rawValue: token.text.lowercased())
        default: nil
        }
    }

    private mutating func modifiers(of sign: BinaryOperation.Sign) throws(QueryError) -> BinaryOperation {
        var operation = BinaryOperation(sign: sign)
        if token.isWord("bool") {
            guard sign.isComparison else { throw fault("bool modifier can only be used on comparison operators") }
            operation.givesBoolean = true
            advance()
        }
        if token.isWord("on") || token.isWord("ignoring") {
            (operation.isOn, operation.hasMatching) = (token.isWord("on"), true)
            advance()
            operation.labels = try names()
        }
        if token.isWord("group_left") || token.isWord("group_right") {
            throw fault(
                "\(token.text.lowercased()) is not supported: series are matched one to one, with on (…) or ignoring (…)"
            )
        }
        return operation
    }

    private mutating func operand() throws(QueryError) -> Node {
        let start = token
        if take("-") || take("+") {
            // A power binds tighter: -2^2 is -4.
            let node = try expression(from: BinaryOperation.Sign.times.strength + 1)
            guard node.type == .scalar || node.type == .vector else {
                throw fault(
                    "unary expression only allowed on expressions of type scalar or instant vector, got \"\(node.type.rawValue)\"",
                    at: start.offset)
            }
            if start.isSign("+") { return node }
            if case .number(let number) = node.kind {
                return self.node(.number(-number), .scalar, [], at: start.offset)
            }
            return self.node(.negation(node), node.type, [node], at: start.offset)
        }
        return try postfix(try primary())
    }

    func node(_ kind: Node.Kind, _ type: ValueType, _ parts: [Node], at offset: Int) -> Node {
        Node(kind: kind, type: type, offset: offset, height: (parts.map(\.height).max() ?? 0) + 1)
    }

    private mutating func primary() throws(QueryError) -> Node {
        let start = token
        switch start.kind {
        case .number(let number):
            advance()
            return node(.number(number), .scalar, [], at: start.offset)
        case .text(let text):
            advance()
            return node(.text(text), .text, [], at: start.offset)
        case .sign("("):
            advance()
            let inner = try expression()
            try expect(")", in: "parentheses")
            return inner
        case .sign("{"): return try selector()
        case .name:
            if Self.reserved.contains(start.text.lowercased()) { throw fault("unexpected \(start.told)") }
            if let operation = Aggregation.Operation(rawValue: start.text.lowercased()),
                next.isSign("(") || next.isWord("by") || next.isWord("without")
            {
                return try aggregation(operation)
            }
            return next.isSign("(") ? try call() : try selector()
        default: throw fault("unexpected \(start.told)")
        }
    }

    /// Words that no metric can be called.
    private static let reserved: Set = ["atan2", "bool", "group_left", "group_right", "ignoring", "on"]

    /// Names in parentheses.
    mutating func names() throws(QueryError) -> Set<String> {
        try expect("(", in: "grouping opts")
        var names: Set<String> = []
        while !token.isSign(")") {
            guard token.isName, !token.text.contains(":") else {
                throw fault("unexpected \(token.told) in grouping opts, expected label")
            }
            names.insert(token.text)
            advance()
            if !take(",") { break }
        }
        try expect(")", in: "grouping opts")
        return names
    }
}
