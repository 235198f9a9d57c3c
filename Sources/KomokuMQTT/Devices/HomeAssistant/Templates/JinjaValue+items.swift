internal import Komoku

extension JinjaValue {
    /// The items of a list or a tuple.
    var items: [JinjaValue]? {
        switch self {
        case .list(let items), .tuple(let items): items
        default: nil
        }
    }

    subscript(name: String) -> JinjaValue { self[.string(name)] }

    /// The member or item, or undefined: what `a.b` and `a['b']` mean.
    subscript(index: JinjaValue) -> JinjaValue {
        switch (self, index) {
        case (.dict(let members), .string(let name)):
            return members.last { $0.isNamed(name) }?.value ?? .undefined
        case (.dict(let members), _): return members.last { Self.equal($0.key, index) }?.value ?? .undefined
        case (.time(let time), .string(let name)): return time.attribute(name)
        case (.span(let span), .string(let name)): return JinjaTime.attribute(name, ofSpan: span)
        case (.list(let items), _), (.tuple(let items), _):
            guard let index = index.integer, let offset = Self.offset(index, items.count) else { return .undefined }
            return items[offset]
        case (.string(let text), _):
            let scalars = text.unicodeScalars
            guard let index = index.integer, let offset = Self.offset(index, scalars.count) else { return .undefined }
            return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: offset)]))
        default: return .undefined
        }
    }

    private static func offset(_ index: Int, _ count: Int) -> Int? {
        if 0..<count ~= index { return index }
        return index < 0 && index >= -count ? count + index : nil
    }
}

extension JinjaValue.Member {
    func isNamed(_ name: String) -> Bool {
        if case .string(let own) = key { own.utf8.elementsEqual(name.utf8) } else { false }
    }
}

// MARK: - Bounds

extension JinjaValue {
    /// The most items that a template makes of something, and the deepest nesting that it makes.
    static let maximumItems = 10_000
    static let maximumDepth = JSON.maximumDepth + 16

    /// The steps of a walk through all of it, or some number above `limit`; nil where it is nested too deep.
    func weight(upTo limit: Int) -> Int? {
        var weight = 0
        return weigh(&weight, upTo: limit, depth: 0) ? weight : nil
    }

    private func weigh(_ weight: inout Int, upTo limit: Int, depth: Int) -> Bool {
        weight += 1
        switch self {
        case .string(let text): weight += text.utf8.count
        case .list(let items), .tuple(let items):
            guard depth < Self.maximumDepth else { return false }
            for item in items where weight <= limit {
                guard item.weigh(&weight, upTo: limit, depth: depth + 1) else { return false }
            }
        case .dict(let members):
            guard depth < Self.maximumDepth else { return false }
            for member in members where weight <= limit {
                guard member.key.weigh(&weight, upTo: limit, depth: depth + 1),
                    member.value.weigh(&weight, upTo: limit, depth: depth + 1)
                else { return false }
            }
        default: break
        }
        return true
    }
}
