internal import Komoku

extension QueryParser {
    // MARK: Functions

    mutating func call() throws(QueryError) -> Node {
        let name = token
        guard let function = QueryFunction.named(name.text) else {
            let question = Suggestion.question(for: name.text, in: QueryFunction.all.map(\.name))
            throw fault(
                "unknown function with name \"\(name.text.prefix(40))\"" + (question.map { "; \($0)" } ?? "")
                    + "; supported are \(QueryFunction.names)")
        }
        advance()
        let arguments = try self.arguments()
        let (most, least) = (function.arguments.count, function.arguments.count - function.optional)
        guard least...most ~= arguments.count else {
            let expected = least == most ? "\(most)" : "\(least) to \(most)"
            throw fault(
                "expected \(expected) argument(s) in call to \"\(function.name)\", got \(arguments.count)",
                at: name.offset)
        }
        for (argument, type) in zip(arguments, function.arguments) where argument.type != type {
            throw fault(
                "expected type \(type.rawValue) in call to function \"\(function.name)\", got \(argument.type.rawValue)",
                at: argument.offset)
        }
        return try checked(node(.call(function, arguments), function.result, arguments, at: name.offset))
    }

    private mutating func arguments() throws(QueryError) -> [Node] {
        try expect("(", in: "a call")
        var arguments: [Node] = []
        while !token.isSign(")") {
            arguments.append(try expression())
            if !take(",") { break }
            if token.isSign(")") { throw fault("trailing commas not allowed in function call args") }
        }
        try expect(")", in: "a call")
        return arguments
    }

    // MARK: Aggregations

    mutating func aggregation(_ operation: Aggregation.Operation) throws(QueryError) -> Node {
        let start = token
        advance()
        var aggregation = Aggregation(operation: operation)
        let isGrouped = try grouping(&aggregation)
        let arguments = try self.arguments()
        if !isGrouped { _ = try grouping(&aggregation) }
        let wanted = operation.takesParameter ? 2 : 1
        guard arguments.count == wanted, let subject = arguments.last else {
            throw fault(
                "wrong number of arguments for aggregate expression provided, expected \(wanted), got \(arguments.count)",
                at: start.offset)
        }
        guard subject.type == .vector else {
            throw fault(
                "expected type instant vector in aggregation expression, got \(subject.type.rawValue)",
                at: subject.offset)
        }
        let parameter = wanted == 2 ? arguments.first : nil
        if let parameter, parameter.type != .scalar {
            throw fault(
                "expected type scalar in aggregation parameter, got \(parameter.type.rawValue)", at: parameter.offset)
        }
        let kind = Node.Kind.aggregation(aggregation, parameter: parameter, subject)
        return try checked(node(kind, .vector, arguments, at: start.offset))
    }

    private mutating func grouping(_ aggregation: inout Aggregation) throws(QueryError) -> Bool {
        guard token.isWord("by") || token.isWord("without") else { return false }
        aggregation.isWithout = token.isWord("without")
        advance()
        aggregation.labels = try names()
        return true
    }

    // MARK: Operations

    func binary(
        _ operation: BinaryOperation, _ left: Node, _ right: Node, at offset: Int
    ) throws(QueryError) -> Node {
        for side in [left, right] where side.type != .scalar && side.type != .vector {
            throw fault(
                "binary expression must contain only scalar and instant vector types, got \(side.type.rawValue)",
                at: side.offset)
        }
        let areVectors = left.type == .vector && right.type == .vector
        if operation.sign.isSet, !areVectors {
            throw fault(
                "set operator \"\(operation.sign.rawValue)\" not allowed in binary scalar expression", at: offset)
        }
        if operation.hasMatching, !areVectors {
            throw fault("vector matching only allowed between instant vectors", at: offset)
        }
        let areScalars = left.type == .scalar && right.type == .scalar
        if operation.sign.isComparison, areScalars, !operation.givesBoolean {
            throw fault("comparisons between scalars must use BOOL modifier", at: offset)
        }
        return try checked(
            node(.binary(operation, left, right), areScalars ? .scalar : .vector, [left, right], at: left.offset))
    }

    private func checked(_ node: Node) throws(QueryError) -> Node {
        guard node.height <= Query.maximumHeight else { throw fault("the query is nested too deeply", at: node.offset) }
        return node
    }
}
