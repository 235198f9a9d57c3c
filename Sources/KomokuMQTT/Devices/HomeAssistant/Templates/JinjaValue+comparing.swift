internal import Komoku

// MARK: - Comparing

extension JinjaValue {
    static func equal(_ a: JinjaValue, _ b: JinjaValue) -> Bool {
        switch (a, b) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let x), .string(let y)): return x.utf8.elementsEqual(y.utf8)
        case (.list(let x), .list(let y)), (.tuple(let x), .tuple(let y)):
            return x.count == y.count && zip(x, y).allSatisfy(equal)
        case (.dict(let x), .dict(let y)): return x.count == y.count && equal(x, y)
        case (.time(let x), .time(let y)): return x == y
        case (.span(let x), .span(let y)): return x == y
        case (.space(let x), .space(let y)): return x == y
        default:
            if let x = a.integer, let y = b.integer { return x == y }
            guard let x = a.double, let y = b.double else { return false }
            return x == y
        }
    }

    /// Keys that are texts, as nearly all are, are found at once.
    private static func equal(_ x: [Member], _ y: [Member]) -> Bool {
        var table: [ByteText: JinjaValue] = [:]
        for case let member in y {
            if case .string(let name) = member.key { table[ByteText(name)] = member.value }
        }
        return x.allSatisfy { member in
            if case .string(let name) = member.key {
                return table[ByteText(name)].map { equal(member.value, $0) } ?? false
            }
            return y.contains { equal($0.key, member.key) && equal($0.value, member.value) }
        }
    }

    /// - Throws: where Python cannot order the two.
    static func isLess(_ a: JinjaValue, _ b: JinjaValue) throws(JinjaError) -> Bool {
        if let x = a.integer, let y = b.integer { return x < y }
        if let x = a.double, let y = b.double { return x < y }
        if case .string(let x) = a, case .string(let y) = b { return x.utf8.lexicographicallyPrecedes(y.utf8) }
        if case .time(let x) = a, case .time(let y) = b, x.isAware == y.isAware { return x.moment < y.moment }
        if case .span(let x) = a, case .span(let y) = b { return x < y }
        if let x = a.items, let y = b.items, a.isTuple == b.isTuple {
            for (x, y) in zip(x, y) where !equal(x, y) { return try isLess(x, y) }
            return x.count < y.count
        }
        if a.isUndefined || b.isUndefined { throw .undefined }
        throw .failed("'\(a.excerpt)' and '\(b.excerpt)' cannot be compared")
    }

    /// `item in whole`.
    static func contains(_ whole: JinjaValue, _ item: JinjaValue) throws(JinjaError) -> Bool {
        switch (whole, item) {
        case (.undefined, _): return false
        case (.list(let items), _), (.tuple(let items), _): return items.contains { equal($0, item) }
        case (.dict(let members), .string(let name)): return members.contains { $0.isNamed(name) }
        case (.dict(let members), _): return members.contains { equal($0.key, item) }
        case (.string(let text), .string(let part)):
            return part.isEmpty || !text.starts(ofBytes: part, limit: 1).isEmpty
        case (_, .undefined): throw .undefined
        default: throw .failed("'in' does not work with '\(whole.excerpt)'")
        }
    }
}
