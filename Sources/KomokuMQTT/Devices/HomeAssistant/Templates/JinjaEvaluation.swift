internal import Komoku

/// One run of a template. Its loops and the texts and lists that can double at each step are counted as work.
struct JinjaEvaluation {
    /// By slot.
    private var variables: [JinjaValue]
    private(set) var text = ""
    let work: JinjaWork

    init(variables: [JinjaValue], work: JinjaWork) {
        self.variables = variables
        self.work = work
    }

    /// How a body of statements ends.
    private enum End { case whole, leaves, continues }

    mutating func run(_ nodes: [JinjaNode]) throws(JinjaError) { _ = try body(nodes) }

    private mutating func body(_ nodes: [JinjaNode]) throws(JinjaError) -> End {
        for node in nodes {
            try work.spend(1)
            let end: End
            switch node {
            case .text(let some):
                try append(some)
                end = .whole
            case .choose(let branches, let otherwise): end = try body(try chosen(branches) ?? otherwise)
            case .loop(let loop): end = try run(loop)
            case .leave: return .leaves
            case .next: return .continues
            case .scoped(let given, let nodes):
                for (slot, expression) in given { variables[slot] = try value(expression) }
                end = try body(nodes)
            default:
                try simple(node)
                end = .whole
            }
            if end != .whole { return end }
        }
        return .whole
    }

    private mutating func simple(_ node: JinjaNode) throws(JinjaError) {
        switch node {
        case .output(let expression):
            let value = try value(expression)
            try work.spendWhole(value)
            try append(value.text)
        case .evaluate(let expression): _ = try value(expression)
        case .set(let target, let expression): try assign(try value(expression), to: target)
        case .capture(let target, let filters, let nodes):
            let captured = try capture(nodes)
            try assign(try filtered(captured, filters), to: target)
        case .filtered(let filters, let nodes):
            let captured = try capture(nodes)
            try append(try filtered(captured, filters).text)
        default: break
        }
    }

    private mutating func capture(_ nodes: [JinjaNode]) throws(JinjaError) -> JinjaValue {
        let outer = text
        text = ""
        _ = try body(nodes)
        defer { text = outer }
        return .string(text)
    }

    /// What stands for the filters' input.
    private mutating func filtered(
        _ captured: JinjaValue, _ filters: (slot: Int, expression: JinjaExpression)?
    ) throws(JinjaError) -> JinjaValue {
        guard let filters else { return captured }
        variables[filters.slot] = captured
        return try value(filters.expression)
    }

    private mutating func chosen(
        _ branches: [(condition: JinjaExpression, body: [JinjaNode])]
    ) throws(JinjaError) -> [JinjaNode]? {
        for branch in branches where try value(branch.condition).isTrue { return branch.body }
        return nil
    }

    private mutating func append(_ some: String) throws(JinjaError) {
        try work.spend(some)
        text += some
        if text.utf8.count > Value.maximumStringLength { throw .failed("the result is longer than 64 KiB") }
    }

    private mutating func assign(_ value: JinjaValue, to target: JinjaTarget) throws(JinjaError) {
        switch target {
        case .slot(let slot): variables[slot] = value
        case .member(let slot, let name):
            guard case .space(let number) = variables[slot] else {
                throw .failed("'\(name)' can only be set in a namespace")
            }
            try work.spendWhole(value)
            try work.set(name, ofNamespace: number, to: value)
        case .tuple(let targets):
            let items = try JinjaFunction.elements(value)
            guard items.count == targets.count else {
                throw .failed("\(targets.count) names cannot take \(items.count) values")
            }
            for (target, item) in zip(targets, items) { try assign(item, to: target) }
        }
    }

    // MARK: Loops

    private mutating func run(_ loop: JinjaLoop) throws(JinjaError) -> End {
        let all = try value(loop.items)
        try work.spend(on: all)
        var items = try JinjaFunction.elements(all)
        if let condition = loop.condition {
            var kept: [JinjaValue] = []
            for item in items {
                try work.spend(4)
                try assign(item, to: loop.target)
                if try value(condition).isTrue { kept.append(item) }
            }
            items = kept
        }
        if items.isEmpty { return try body(loop.otherwise) }
        for (index, item) in items.enumerated() {
            try work.spend(8)
            try begin(loop, items, index, item)
            if try body(loop.body) == .leaves { break }
        }
        return .whole
    }

    private mutating func begin(
        _ loop: JinjaLoop, _ items: [JinjaValue], _ index: Int, _ item: JinjaValue
    ) throws(JinjaError) {
        for (slot, outer) in loop.inherited { variables[slot] = outer.map { variables[$0] } ?? .undefined }
        try assign(item, to: loop.target)
        guard let slot = loop.slot else { return }
        let members: [(String, JinjaValue)] = [
            ("index", .int(index + 1)), ("index0", .int(index)), ("revindex", .int(items.count - index)),
            ("revindex0", .int(items.count - index - 1)), ("first", .bool(index == 0)),
            ("last", .bool(index == items.count - 1)), ("length", .int(items.count)), ("depth", .int(loop.depth)),
            ("depth0", .int(loop.depth - 1)), ("previtem", index == 0 ? .undefined : items[index - 1]),
            ("nextitem", index == items.count - 1 ? .undefined : items[index + 1]),
        ]
        variables[slot] = .dict(members.map { JinjaValue.Member(name: $0.0, value: $0.1) })
    }

    // MARK: Expressions

    private mutating func value(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
        switch expression.form {
        case .constant(let value): return value
        case .variable(let slot): return slot < variables.count ? variables[slot] : .undefined
        case .item(let whole, let index): return try item(try value(whole), try value(index))
        case .slice(let whole, let bounds): return try slice(try value(whole), bounds)
        case .not(let operand): return .bool(!(try value(operand)).isTrue)
        case .negate(let operand): return try negative(try value(operand))
        case .and(let left, let right):
            let first = try value(left)
            return first.isTrue ? try value(right) : first
        case .or(let left, let right):
            let first = try value(left)
            return first.isTrue ? first : try value(right)
        case .condition(let test, let yes, let no):
            if try value(test).isTrue { return try value(yes) }
            return if let no { try value(no) } else { .undefined }
        default: return try compound(expression)
        }
    }

    private func negative(_ value: JinjaValue) throws(JinjaError) -> JinjaValue {
        if case .span(let span) = value, span != .min { return .span(-span) }
        if case .float(let number) = value { return .float(-number) }
        return try JinjaExpression.Arithmetic.subtract.apply(.int(0), value)
    }

    private mutating func compound(_ expression: JinjaExpression) throws(JinjaError) -> JinjaValue {
        switch expression.form {
        case .arithmetic(let sign, let left, let right):
            let (left, right) = (try value(left), try value(right))
            try work.spendWhole(left)
            try work.spendWhole(right)
            let result = try sign.apply(left, right)
            try work.spendWhole(result)
            return result
        case .concatenate(let parts):
            let values = try values(parts)
            for value in values { try work.spendWhole(value) }
            let text = try JinjaFunction.joined(values.map(\.text), "")
            try work.spend(text)
            return .string(text)
        case .compare(let first, let rest): return .bool(try compare(first, rest))
        case .call(let function, let arguments): return try call(function, arguments)
        case .list(let items):
            let list = JinjaValue.list(try values(items))
            try work.spendWhole(list)
            return list
        case .tuple(let items):
            let tuple = JinjaValue.tuple(try values(items))
            try work.spendWhole(tuple)
            return tuple
        case .dict(let members): return try dict(members)
        default: return .undefined
        }
    }

    private mutating func call(
        _ function: JinjaFunction, _ arguments: [JinjaExpression?]
    ) throws(JinjaError) -> JinjaValue {
        var given: JinjaFunction.Arguments = []
        for argument in arguments {
            if let argument { given.append(try value(argument)) } else { given.append(nil) }
            if function.readsWhole {
                try work.spendWhole(given.last ?? nil)
            } else {
                try work.spend(on: given.last ?? nil)
            }
        }
        if function.isGet, case .dict? = given.first ?? nil, let name = given[1] {
            try work.spendLookup(in: given[0] ?? .undefined, of: name)
        }
        let result = try function.apply(given, work)
        try work.spend(on: result)
        return result
    }

    private mutating func dict(
        _ members: [(name: JinjaExpression, value: JinjaExpression)]
    ) throws(JinjaError) -> JinjaValue {
        var result: [JinjaValue.Member] = []
        for member in members {
            let key = try value(member.name)
            try work.spendWhole(key)
            let new = JinjaValue.Member(key: key, value: try value(member.value))
            try work.spend(result.count)
            if let index = result.firstIndex(where: { JinjaValue.equal($0.key, key) }) {
                result[index] = .init(key: result[index].key, value: new.value)
            } else {
                result.append(new)
            }
        }
        try work.spendWhole(.dict(result))
        return .dict(result)
    }

    private mutating func values(_ expressions: [JinjaExpression]) throws(JinjaError) -> [JinjaValue] {
        var values: [JinjaValue] = []
        for expression in expressions { values.append(try value(expression)) }
        return values
    }

    private func item(_ whole: JinjaValue, _ index: JinjaValue) throws(JinjaError) -> JinjaValue {
        if whole.isUndefined { throw .undefined }
        if case .space(let number) = whole { return work.member(index, ofNamespace: number) }
        try work.spendLookup(in: whole, of: index)
        return whole[index]
    }

    private mutating func slice(
        _ whole: JinjaValue, _ bounds: (from: JinjaExpression?, to: JinjaExpression?, step: JinjaExpression?)
    ) throws(JinjaError) -> JinjaValue {
        try work.spend(on: whole)
        let from = try bounds.from.map { (part) throws(JinjaError) in try value(part).integer } ?? nil
        let to = try bounds.to.map { (part) throws(JinjaError) in try value(part).integer } ?? nil
        let step = try bounds.step.map { (part) throws(JinjaError) in try value(part).integer } ?? nil
        if step == 0 { throw .failed("a slice has the step 0") }
        switch whole {
        case .list(let items): return .list(JinjaSlice(from, to, step).of(items))
        case .tuple(let items): return .tuple(JinjaSlice(from, to, step).of(items))
        case .string(let text):
            let scalars = JinjaSlice(from, to, step).of(Array(text.unicodeScalars))
            return .string(String(String.UnicodeScalarView(scalars)))
        case .undefined: throw .undefined
        default: throw .failed("'\(whole.excerpt)' has no parts")
        }
    }

    private mutating func compare(
        _ first: JinjaExpression, _ rest: [(JinjaExpression.Comparison, JinjaExpression)]
    ) throws(JinjaError) -> Bool {
        var left = try value(first)
        for (comparison, next) in rest {
            let right = try value(next)
            switch (comparison, right) {
            // Only its names are looked at.
            case (.isIn, .dict), (.isNotIn, .dict): try work.spendLookup(in: right, of: left)
            default: try work.spendWhole(right)
            }
            try work.spendWhole(left)
            if !(try comparison.holds(left, right)) { return false }
            left = right
        }
        return true
    }
}

/// `[from:to:step]`, as Python counts.
struct JinjaSlice {
    private let from: Int?
    private let to: Int?
    private let step: Int

    /// - Parameter step: not 0.
    init(_ from: Int?, _ to: Int?, _ step: Int?) {
        (self.from, self.to, self.step) = (from, to, step ?? 1)
    }

    func of<Item>(_ items: [Item]) -> [Item] {
        let count = items.count
        func bound(_ index: Int, _ low: Int, _ high: Int) -> Int {
            min(max(index < 0 ? index + count : index, low), high)
        }
        if step > 0 {
            let (start, end) = (from.map { bound($0, 0, count) } ?? 0, to.map { bound($0, 0, count) } ?? count)
            return stride(from: start, to: end, by: min(step, Int(Int32.max))).map { items[$0] }
        }
        let (start, end) = (
            from.map { bound($0, -1, count - 1) } ?? count - 1, to.map { bound($0, -1, count - 1) } ?? -1
        )
        // No list is longer than the largest step but one.
        return stride(from: start, to: end, by: max(step, -Int(Int32.max))).map { items[$0] }
    }
}
