internal import Komoku

/// Filters that go through lists.
extension JinjaFunction {
    static let listFilters: [String: JinjaFunction] = [
        "average": average, "batch": batch, "combine": combine, "contains": contains, "count": length,
        "d": fallback, "default": fallback, "dictsort": dictSort, "difference": sets { !$1 },
        "first": first, "flatten": flatten, "from_json": fromJSON, "groupby": groupBy, "iif": iif,
        "intersect": sets { $1 }, "is_defined": isDefined, "items": items, "join": join, "last": last,
        "length": length, "list": list, "map": map, "max": extreme(isGreatest: true), "median": median,
        "min": extreme(isGreatest: false), "reject": choose(keeps: false), "rejectattr": chooseAttribute(keeps: false),
        "reverse": reverse, "select": choose(keeps: true), "selectattr": chooseAttribute(keeps: true),
        "slice": slices, "sort": sort, "sum": sum, "to_json": toJSON, "tojson": toPlainJSON, "tuple": tuple,
        "typeof": typeOf, "union": union, "unique": unique, "zip": zip,
    ]

    // MARK: Attributes

    /// `a.b.0` of a value.
    ///
    /// - Parameter fallback: stands for each part that is missing.
    static func attribute(
        _ path: JinjaValue, of value: JinjaValue, or fallback: JinjaValue = .undefined, _ work: JinjaWork
    ) throws(JinjaError) -> JinjaValue {
        guard case .string(let text) = path else { return try part(path, of: value, work) }
        var found = value
        for name in text.split(separator: ".", omittingEmptySubsequences: false) {
            let index = name.utf8.allSatisfy { 0x30...0x39 ~= $0 } ? Int(name) : nil
            found = try part(index.map { .int($0) } ?? .string(String(name)), of: found, work)
            if found.isUndefined { found = fallback }
        }
        return found
    }

    private static func part(
        _ name: JinjaValue, of value: JinjaValue, _ work: JinjaWork
    ) throws(JinjaError) -> JinjaValue {
        if value.isUndefined { throw .undefined }
        if case .space(let number) = value { return work.member(name, ofNamespace: number) }
        try work.spendLookup(in: value, of: name)
        return value[name]
    }

    /// What texts are compared as where their case does not matter.
    private static func folded(_ value: JinjaValue, _ isExact: JinjaValue?) -> JinjaValue {
        if case .string(let text) = value, !(isExact?.isTrue ?? false) { .string(text.lowercased()) } else { value }
    }

    private static func sortKeys(
        _ items: [JinjaValue], by attribute: JinjaValue?, _ isExact: JinjaValue?, _ work: JinjaWork
    ) throws(JinjaError) -> [JinjaValue] {
        var keys: [JinjaValue] = []
        for item in items {
            guard let attribute, !attribute.isNone else {
                keys.append(folded(item, isExact))
                continue
            }
            // `attribute='a,b'` compares by both.
            let paths =
                attribute.isString
                ? attribute.text.split(separator: ",").map { JinjaValue.string(String($0)) } : [attribute]
            var parts: [JinjaValue] = []
            for path in paths { parts.append(folded(try Self.attribute(path, of: item, work), isExact)) }
            keys.append(parts.count == 1 ? parts[0] : .tuple(parts))
        }
        return keys
    }

    // MARK: Each item

    static let map: JinjaFunction = {
        var function = JinjaFunction(working: ["value"]) { (arguments, work) throws(JinjaError) in
            let items = try elements(arguments[0] ?? .undefined)
            let names = arguments[1] ?? .dict([])
            let more = arguments.dropFirst(2).map { $0 ?? .undefined }
            return try work.nested { () throws(JinjaError) in
                var result: [JinjaValue] = []
                for item in items {
                    try work.spend(4)
                    result.append(try mapped(item, more, names, work))
                }
                return .list(result)
            }
        }.shallow
        (function.takesNames, function.takesMore) = (true, true)
        return function
    }()

    private static func mapped(
        _ item: JinjaValue, _ more: [JinjaValue], _ names: JinjaValue, _ work: JinjaWork
    ) throws(JinjaError) -> JinjaValue {
        guard let name = more.first else {
            let path = names["attribute"]
            if path.isUndefined { throw .failed("'map' names neither a filter nor an attribute") }
            return try attribute(path, of: item, or: names["default"], work)
        }
        guard let filter = filters[name.text] else { throw .failed("the filter '\(name.excerpt)' is not supported") }
        return try filter.call(item, Array(more.dropFirst()), names, work)
    }

    private static func holds(
        _ value: JinjaValue, _ more: [JinjaValue], _ work: JinjaWork
    ) throws(JinjaError) -> Bool {
        guard let name = more.first else { return value.isTrue }
        guard let test = tests[name.text] else { throw .failed("the test '\(name.excerpt)' is not known") }
        return try test.call(value, Array(more.dropFirst()), nil, work).isTrue
    }

    /// `select` and `reject`
    private static func choose(keeps: Bool) -> JinjaFunction {
        JinjaFunction(working: ["value"]) { (arguments, work) throws(JinjaError) in
            let more = arguments.dropFirst().map { $0 ?? .undefined }
            var kept: [JinjaValue] = []
            for item in try elements(arguments[0] ?? .undefined) {
                try work.spend(4)
                if try holds(item, more, work) == keeps { kept.append(item) }
            }
            return .list(kept)
        }.shallow.marked(\.takesMore)
    }

    private static func chooseAttribute(keeps: Bool) -> JinjaFunction {
        JinjaFunction(working: ["value", "attribute"]) { (arguments, work) throws(JinjaError) in
            let more = arguments.dropFirst(2).map { $0 ?? .undefined }
            var kept: [JinjaValue] = []
            for item in try elements(arguments[0] ?? .undefined) {
                try work.spend(4)
                let found = try attribute(arguments[1] ?? .undefined, of: item, work)
                if try holds(found, more, work) == keeps { kept.append(item) }
            }
            return .list(kept)
        }.shallow.marked(\.takesMore)
    }

    // MARK: Orders

    static let sort = JinjaFunction(
        working: ["value", "reverse", "case_sensitive", "attribute"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        let items = try elements(arguments[0] ?? .undefined)
        let keys = try sortKeys(items, by: arguments[3], arguments[2], work)
        let order = try sorted(keys, isDescending: arguments[1]?.isTrue ?? false, work)
        return .list(order.map { items[$0] })
    }

    /// The indices of keys in their order; equal ones stay as they are.
    private static func sorted(
        _ keys: [JinjaValue], isDescending: Bool, _ work: JinjaWork
    ) throws(JinjaError) -> [Int] {
        var order = Array(keys.indices)
        var error: JinjaError?
        order.sort { a, b in
            guard error == nil else { return false }
            do throws(JinjaError) {
                try work.spend(2)
                return try isDescending ? JinjaValue.isLess(keys[b], keys[a]) : JinjaValue.isLess(keys[a], keys[b])
            } catch let failure {
                error = failure
                return false
            }
        }
        if let error { throw error }
        return order
    }

    static let dictSort = JinjaFunction(
        working: ["value", "case_sensitive", "by", "reverse"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        guard case .dict(let members)? = arguments[0] else { throw .failed("only an object can be sorted by its keys") }
        let keys = members.map {
            folded(arguments[2].map { $0.text == "value" } ?? false ? $0.value : $0.key, arguments[1])
        }
        let order = try sorted(keys, isDescending: arguments[3]?.isTrue ?? false, work)
        return .list(order.map { .tuple([members[$0].key, members[$0].value]) })
    }

    static let unique = JinjaFunction(
        working: ["value", "case_sensitive", "attribute"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        let items = try elements(arguments[0] ?? .undefined)
        let keys = try sortKeys(items, by: arguments[2], arguments[1], work)
        return .list(try firstIndices(keys, work).map { items[$0] })
    }

    /// Where each of several keys stands first.
    private static func firstIndices(_ keys: [JinjaValue], _ work: JinjaWork) throws(JinjaError) -> [Int] {
        var indices: [Int] = []
        var texts: Set<ByteText> = []
        for (index, key) in keys.enumerated() {
            if case .string(let text) = key {
                if texts.insert(ByteText(text)).inserted { indices.append(index) }
                continue
            }
            try work.spend(indices.count)
            if !indices.contains(where: { JinjaValue.equal(keys[$0], key) }) { indices.append(index) }
        }
        return indices
    }

    static let groupBy = JinjaFunction(
        working: ["value", "attribute", "default", "case_sensitive"], required: 2
    ) { (arguments, work) throws(JinjaError) in
        let items = try elements(arguments[0] ?? .undefined)
        let keys = try sortKeys(items, by: arguments[1], .bool(true), work)
            .map { $0.isUndefined ? arguments[2] ?? .undefined : $0 }
        var groups: [(key: JinjaValue, items: [JinjaValue])] = []
        for index in try sorted(keys.map { folded($0, arguments[3]) }, isDescending: false, work) {
            if let last = groups.last?.key,
                JinjaValue.equal(folded(last, arguments[3]), folded(keys[index], arguments[3]))
            {
                groups[groups.count - 1].items.append(items[index])
            } else {
                groups.append((keys[index], [items[index]]))
            }
        }
        return .list(groups.map { .tuple([$0.key, .list($0.items)]) })
    }

    // MARK: One of many

    private static func extreme(isGreatest: Bool) -> JinjaFunction {
        JinjaFunction(
            working: ["value", "case_sensitive", "attribute"], required: 1
        ) { (arguments, work) throws(JinjaError) in
            try extreme(try elements(arguments[0] ?? .undefined), isGreatest, arguments[2], arguments[1], work)
        }
    }

    private static func extreme(
        _ items: [JinjaValue], _ isGreatest: Bool, _ attribute: JinjaValue?, _ isExact: JinjaValue?, _ work: JinjaWork
    ) throws(JinjaError) -> JinjaValue {
        let keys = try sortKeys(items, by: attribute, isExact, work)
        guard var best = keys.indices.first else { return .undefined }
        for index in keys.indices.dropFirst() {
            let isBetter =
                isGreatest
                ? try JinjaValue.isLess(keys[best], keys[index]) : try JinjaValue.isLess(keys[index], keys[best])
            if isBetter { best = index }
        }
        return items[best]
    }

    /// `max(a, b)` and `max(list)`
    static let greatest = extremeFunction(isGreatest: true)
    static let least = extremeFunction(isGreatest: false)

    private static func extremeFunction(isGreatest: Bool) -> JinjaFunction {
        JinjaFunction(working: ["value"]) { (arguments, work) throws(JinjaError) in
            let given = arguments.compactMap(\.self)
            let items = given.count == 1 ? try elements(given[0]) : given
            return try extreme(items, isGreatest, nil, nil, work)
        }.marked(\.takesMore)
    }

    static let sum = JinjaFunction(
        working: ["value", "attribute", "start"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        var total = arguments[2] ?? .int(0)
        for item in try elements(arguments[0] ?? .undefined) {
            let path = arguments[1].flatMap { $0.isNone ? nil : $0 }
            let part = try path.map { (path) throws(JinjaError) in try attribute(path, of: item, work) } ?? item
            total = try JinjaExpression.Arithmetic.add.apply(total, part)
        }
        return total
    }

    static let join = JinjaFunction(
        working: ["value", "d", "attribute"], required: 1
    ) { (arguments, work) throws(JinjaError) in
        var parts: [String] = []
        for item in try elements(arguments[0] ?? .undefined) {
            let path = arguments[2].flatMap { $0.isNone ? nil : $0 }
            let part = try path.map { (path) throws(JinjaError) in try attribute(path, of: item, work) } ?? item
            parts.append(part.text)
        }
        return .string(try joined(parts, arguments[1]?.text ?? ""))
    }
}

extension JinjaValue {
    var isNone: Bool { if case .none = self { true } else { false } }
}
