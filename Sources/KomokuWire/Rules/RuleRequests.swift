package import Komoku

/// `enable`, `disable` and `stop_runs`: which rule.
package struct RuleRequest: Shape, Hashable {
    package var rule = ""

    package init() {}
    package init(_ rule: String) { self.rule = rule }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("rule", &rule)
    }
}

/// `run`: a rule or a script, by hand.
package struct RunRequest: Shape, Hashable {
    package var rule = ""
    package var arguments: [JSON.Member] = []

    package init() {}
    package init(_ rule: String, _ arguments: [JSON.Member] = []) { (self.rule, self.arguments) = (rule, arguments) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("rule", &rule)
        var object: JSON? = arguments.isEmpty ? nil : .object(arguments)
        try visit.optional("arguments", &object)
        guard visit.isReading, let object else { return }
        guard let members = object.object else {
            return try visit.refuse(.invalidQuery("'arguments' is an object of values"))
        }
        if let odd = members.first(where: { Komoku.Value(plain: $0.value) == nil }) {
            try visit.refuse(.invalidQuery("'\(odd.name)' is a number, a text, true or false"))
        }
        arguments = members
    }

    package var values: [String: Komoku.Value] {
        var values: [String: Komoku.Value] = [:]
        for member in arguments { values[member.name] = Komoku.Value(plain: member.value) }
        return values
    }
}

extension Komoku.Value {
    /// Nil for what is no value.
    fileprivate init?(plain json: JSON) {
        switch json {
        case .number(let number): self = .number(number)
        case .bool(let flag): self = .boolean(flag)
        case .string(let text): self = .string(text)
        case .null, .array, .object: return nil
        }
    }
}

/// `emit`: fires the triggers of a name, or sends a message to a cell.
package struct EmitRequest: Shape, Hashable {
    package enum Target: Hashable, Sendable {
        case rules(String)
        case cell(behaviour: String, id: String)
    }

    package var target = Target.rules("")
    /// Of the triggers the payload, of the cell the message.
    package var message = JSON.null

    package init() {}
    package init(_ target: Target, _ message: JSON = .null) { (self.target, self.message) = (target, message) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        var (rule, cell): (String?, JSON?) =
            switch target {
            case .rules(let name): (name, nil)
            case .cell(let behaviour, let id): (nil, [.string(behaviour), .string(id)])
            }
        if visit.isReading { rule = nil }
        try visit.optional("rule", &rule)
        try visit.optional("cell", &cell)
        try visit.unless(.null, cell == nil ? "payload" : "message", &message)
        guard let cell else {
            guard let rule else { return try visit.refuse(.invalidQuery("'rule' is missing")) }
            target = .rules(rule)
            return
        }
        guard rule == nil else {
            return try visit.refuse(.invalidQuery("'emit' goes to a rule or to a cell, not to both"))
        }
        guard let words = cell.array, words.count == 2, let behaviour = words[0].string, let id = words[1].string
        else { return try visit.refuse(.invalidQuery("'cell' is [BEHAVIOUR, ID]")) }
        target = .cell(behaviour: behaviour, id: id)
    }
}

/// The answer to `emit` that fired triggers: how many rules have one.
package struct Emitted: Shape, Hashable {
    package var rules = 0

    package init() {}
    package init(_ rules: Int) { self.rules = rules }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("rules", &rules)
    }
}

/// The answer to `stop_runs`: how many.
package struct StoppedRuns: Shape, Hashable {
    package var count = 0

    package init() {}
    package init(_ count: Int) { self.count = count }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("stopped", &count)
    }
}
