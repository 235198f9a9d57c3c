extension QueryParser {
    /// `name{label="value"}`; what may be missing is one of both.
    mutating func selector() throws(QueryError) -> Node {
        let start = token
        selectors += 1
        guard selectors <= Query.maximumSelectors else {
            throw fault("a query has at most \(Query.maximumSelectors) selectors")
        }
        var matchers: [LabelMatcher] = []
        if start.isName {
            matchers.append(try LabelMatcher(Labels.metricName, .equal, start.text))
            advance()
        }
        if take("{") {
            while !token.isSign("}") {
                matchers.append(try matcher(named: start.isName))
                if !take(",") { break }
            }
            try expect("}", in: "label matching")
        }
        try checkThatItIsNarrow(matchers, at: start.offset)
        return node(.selector(Selector(matchers: matchers)), .vector, [], at: start.offset)
    }

    private mutating func matcher(named isNamed: Bool) throws(QueryError) -> LabelMatcher {
        let name = token
        guard name.isName, !name.text.contains(":") else {
            throw fault("unexpected \(name.told) in label matching, expected identifier or \"}\"")
        }
        if isNamed, name.text == Labels.metricName { throw fault("metric name must not be set twice") }
        advance()
        guard case .sign(let sign) = token.kind, let operation = LabelMatcher.Operation(rawValue: sign) else {
            throw fault("unexpected \(token.told) in label matching, expected one of \"=\", \"!=\", \"=~\", \"!~\"")
        }
        advance()
        guard case .text(let value) = token.kind else {
            throw fault("unexpected \(token.told) in label matching, expected string")
        }
        do throws(QueryError) {
            let matcher = try LabelMatcher(name.text, operation, value)
            advance()
            return matcher
        } catch {
            throw fault(error.message)
        }
    }

    /// As Prometheus demands: not everything there is.
    private func checkThatItIsNarrow(_ matchers: [LabelMatcher], at offset: Int) throws(QueryError) {
        for matcher in matchers {
            var steps = 10_000
            if try !matcher.matches("", steps: &steps) { return }
        }
        throw fault("vector selector must contain at least one non-empty matcher", at: offset)
    }

    // MARK: What follows an operand

    /// `[5m]`, `offset 1h`, `@ 1700000000`.
    mutating func postfix(_ node: Node) throws(QueryError) -> Node {
        var node = node
        while true {
            if token.isSign("[") {
                node = try range(of: node)
            } else if token.isWord("offset") {
                node = try offset(of: node)
            } else if token.isSign("@") {
                node = try pin(of: node)
            } else {
                return node
            }
        }
    }

    private mutating func range(of node: Node) throws(QueryError) -> Node {
        let start = token
        advance()
        guard case .duration(let length) = token.kind else {
            throw fault("unexpected \(token.told) in a range, expected a duration such as 5m")
        }
        guard length > 0 else { throw fault("duration must be greater than 0") }
        advance()
        if token.text.hasPrefix(":") {
            throw fault(
                "subqueries are not supported: a range is [5m], of a selector such as komoku_value{room=\"hall\"}")
        }
        try expect("]", in: "a range")
        guard case .selector(let selector) = node.kind else {
            throw fault("ranges only allowed for vector selectors", at: start.offset)
        }
        guard selector.offset == 0, selector.pin == nil else {
            throw fault("no offset modifiers allowed before range", at: start.offset)
        }
        return self.node(.range(selector, length * 1000), .range, [], at: node.offset)
    }

    private mutating func offset(of node: Node) throws(QueryError) -> Node {
        let start = token
        advance()
        let isNegative = token.isSign("-")
        if isNegative || token.isSign("+") { advance() }
        guard case .duration(let length) = token.kind else {
            throw fault("unexpected \(token.told) in offset, expected duration")
        }
        advance()
        return try changed(node, "offset", at: start.offset) { selector in
            guard selector.offset == 0 else { return false }
            selector.offset = (isNegative ? -length : length) * 1000
            return true
        }
    }

    private mutating func pin(of node: Node) throws(QueryError) -> Node {
        let start = token
        advance()
        let pin: Selector.Pin
        if token.isWord("start") || token.isWord("end") {
            pin = token.isWord("start") ? .start : .end
            advance()
            try expect("(", in: "@")
            try expect(")", in: "@")
        } else {
            let isNegative = token.isSign("-")
            if isNegative || token.isSign("+") { advance() }
            guard case .number(let seconds) = token.kind else {
                throw fault("unexpected \(token.told) in @, expected timestamp")
            }
            guard seconds.magnitude < Self.farthest else { throw fault("timestamp out of bounds for @ modifier") }
            advance()
            // Whole milliseconds, as Prometheus has them.
            pin = .time(Int64(((isNegative ? -seconds : seconds) * 1000).rounded()) * 1000)
        }
        return try changed(node, "@ <timestamp>", at: start.offset) { selector in
            guard selector.pin == nil else { return false }
            selector.pin = pin
            return true
        }
    }

    /// Seconds; the year 9999.
    private static let farthest = 253_402_300_800.0

    private func changed(
        _ node: Node, _ modifier: String, at offset: Int, _ change: (inout Selector) -> Bool
    ) throws(QueryError) -> Node {
        var isNew = true
        var kind = node.kind
        switch node.kind {
        case .selector(var selector):
            isNew = change(&selector)
            kind = .selector(selector)
        case .range(var selector, let length):
            isNew = change(&selector)
            kind = .range(selector, length)
        default:
            throw fault(
                "\(modifier) modifier must be preceded by an instant vector selector or range vector selector",
                at: offset)
        }
        guard isNew else { throw fault("\(modifier) may not be set multiple times", at: offset) }
        return Node(kind: kind, type: node.type, offset: node.offset, height: node.height)
    }
}
