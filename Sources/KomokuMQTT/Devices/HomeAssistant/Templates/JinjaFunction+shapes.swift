/// Filters and functions that make lists and objects.
extension JinjaFunction {
    static let tuple = of { (value) throws(JinjaError) in .tuple(try elements(value)) }.shallow

    static let contains = JinjaFunction(["value", "item"]) { (arguments) throws(JinjaError) in
        .bool(try JinjaValue.contains(arguments[0] ?? .undefined, arguments[1] ?? .undefined))
    }

    static let countOf = JinjaFunction(["value", "part"]) { (arguments) throws(JinjaError) in
        if let items = arguments[0]?.items {
            return .int(items.count { JinjaValue.equal($0, arguments[1] ?? .undefined) })
        }
        let part = try text(arguments[1])
        return .int(try text(arguments[0]).starts(ofBytes: part).count)
    }

    static let indexOf = JinjaFunction(["value", "part"]) { (arguments) throws(JinjaError) in
        let index: Int
        if let items = arguments[0]?.items {
            index = items.firstIndex { JinjaValue.equal($0, arguments[1] ?? .undefined) } ?? -1
        } else {
            index = try offset(of: try text(arguments[1]), in: try text(arguments[0]), fromEnd: false)
        }
        if index < 0 { throw .failed("'\((arguments[1] ?? .undefined).excerpt)' is not in it") }
        return .int(index)
    }

    static let range = JinjaFunction(["start", "stop", "step"], required: 1) { (arguments) throws(JinjaError) in
        guard let first = arguments[0]?.integer, let step = arguments[2].map(\.integer) ?? 1, step != 0,
            step.magnitude < 1 << 31
        else { throw .failed("'range' takes whole numbers") }
        let (start, stop) = arguments[1] == nil ? (0, first) : (first, arguments[1]?.integer ?? 0)
        guard start.magnitude < 1 << 62, stop.magnitude < 1 << 62 else { throw .failed("a number is too large") }
        let distance = step > 0 ? stop - start : start - stop
        let count = distance <= 0 ? 0 : (distance - 1) / abs(step) + 1
        guard count <= JinjaValue.maximumItems else {
            throw .failed("a range has more than \(JinjaValue.maximumItems) numbers")
        }
        return .list((0..<count).map { .int(start + $0 * step) })
    }.shallow

    static let namespace = members { (members, work) throws(JinjaError) in try work.makeNamespace(members) }
    static let dictionary = members { (members, _) throws(JinjaError) in .dict(members) }

    /// Of its arguments' names, or of one object.
    private static func members(
        _ make: @escaping @Sendable ([JinjaValue.Member], JinjaWork) throws(JinjaError) -> JinjaValue
    ) -> JinjaFunction {
        JinjaFunction(working: ["value"], required: 0) { (arguments, work) throws(JinjaError) in
            var members: [JinjaValue.Member] = []
            switch arguments[0] {
            case nil: break
            case .dict(let given)?: members = given
            case let given?:
                for pair in try elements(given) {
                    guard let parts = pair.items, parts.count == 2 else { throw .failed("these are no pairs") }
                    members.append(.init(key: parts[0], value: parts[1]))
                }
            }
            if case .dict(let named)?? = arguments.dropFirst().first {
                for member in named {
                    members.removeAll { JinjaValue.equal($0.key, member.key) }
                    members.append(member)
                }
            }
            return try make(members, work)
        }.marked(\.takesNames)
    }

    static let combine = JinjaFunction(working: ["value"]) { (arguments, work) throws(JinjaError) in
        var result: [JinjaValue.Member] = []
        for case let given? in arguments {
            guard case .dict(let members) = given else { throw .failed("only objects can be combined") }
            for member in members {
                try work.spend(result.count)
                if let index = result.firstIndex(where: { JinjaValue.equal($0.key, member.key) }) {
                    result[index] = member
                } else {
                    result.append(member)
                }
            }
        }
        return .dict(result)
    }.marked(\.takesMore)

    static let zip = JinjaFunction(["value"]) { (arguments) throws(JinjaError) in
        var lists: [[JinjaValue]] = []
        for case let given? in arguments { lists.append(try elements(given)) }
        let count = lists.map(\.count).min() ?? 0
        return .list((0..<count).map { index in .tuple(lists.map { $0[index] }) })
    }.marked(\.takesMore)

    static let flatten = JinjaFunction(["value", "levels"], required: 1) { (arguments) throws(JinjaError) in
        func flat(_ items: [JinjaValue], _ levels: Int) -> [JinjaValue] {
            items.flatMap { item in
                guard levels > 0, let inner = item.items else { return [item] }
                return flat(inner, levels - 1)
            }
        }
        return .list(flat(try elements(arguments[0] ?? .undefined), max(0, arguments[1]?.integer ?? 1_000_000)))
    }

    /// Rows of so many.
    static let batch = JinjaFunction(["value", "linecount", "fill_with"], required: 2) {
        (arguments) throws(JinjaError) in
        let items = try elements(arguments[0] ?? .undefined)
        guard let size = arguments[1]?.integer, 1...JinjaValue.maximumItems ~= size else {
            throw .failed("a row has a size")
        }
        return .list(
            stride(from: 0, to: items.count, by: size).map { start in
                var row = Array(items[start..<min(start + size, items.count)])
                if let fill = arguments[2], !fill.isNone {
                    row += Array(repeating: fill, count: size - row.count)
                }
                return .list(row)
            })
    }

    /// So many columns.
    static let slices = JinjaFunction(["value", "slices", "fill_with"], required: 2) { (arguments) throws(JinjaError) in
        let items = try elements(arguments[0] ?? .undefined)
        guard let count = arguments[1]?.integer, 1...JinjaValue.maximumItems ~= count else {
            throw .failed("there are no columns")
        }
        let (size, rest) = items.count.quotientAndRemainder(dividingBy: count)
        var start = 0
        return .list(
            (0..<count).map { number in
                let end = start + size + (number < rest ? 1 : 0)
                var column = Array(items[start..<end])
                start = end
                if number >= rest, let fill = arguments[2], !fill.isNone { column.append(fill) }
                return .list(column)
            })
    }

    /// Of the first list, each item once, by whether the other has it.
    static func sets(_ isWanted: @escaping @Sendable (JinjaValue, Bool) -> Bool) -> JinjaFunction {
        JinjaFunction(working: ["value", "other"]) { (arguments, work) throws(JinjaError) in
            let other = try elements(arguments[1] ?? .undefined)
            var result: [JinjaValue] = []
            for item in try elements(arguments[0] ?? .undefined) {
                try work.spend(other.count + result.count)
                let isThere = other.contains { JinjaValue.equal($0, item) }
                if isWanted(item, isThere), !result.contains(where: { JinjaValue.equal($0, item) }) {
                    result.append(item)
                }
            }
            return .list(result)
        }
    }

    static let union = JinjaFunction(working: ["value", "other"]) { (arguments, work) throws(JinjaError) in
        let all = try elements(arguments[0] ?? .undefined) + (try elements(arguments[1] ?? .undefined))
        return try unique.apply([.list(all), .bool(true), nil], work)
    }

    static let cycle = JinjaFunction(["loop"]) { (arguments) throws(JinjaError) in
        guard let index = arguments[0]?["index0"].integer, index >= 0, arguments.count > 1 else {
            throw .failed("'cycle' belongs to a loop")
        }
        return (arguments.dropFirst().map { $0 ?? .undefined })[index % (arguments.count - 1)]
    }.shallow.marked(\.takesMore)

    static let typeOf = of { value in
        switch value {
        case .undefined: .string("LoggingUndefined")
        case .none: .string("NoneType")
        case .bool: .string("bool")
        case .int: .string("int")
        case .float: .string("float")
        case .string: .string("str")
        case .list: .string("list")
        case .tuple: .string("tuple")
        case .dict: .string("dict")
        case .time: .string("datetime")
        case .span: .string("timedelta")
        case .space: .string("Namespace")
        }
    }.shallow
}
