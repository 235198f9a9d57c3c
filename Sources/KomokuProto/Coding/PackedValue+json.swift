package import Komoku
internal import KomokuWire

extension PackedValue {
    /// Whole numbers beyond these are doubles that stand for several.
    private static let wholes = -9_007_199_254_740_992.0...9_007_199_254_740_992.0

    package init(_ json: JSON) {
        self.init()
        switch json {
        case .null: nothing = false
        case .bool(let flag): self.flag = flag
        case .number(let number):
            if let whole = Self.whole(number) { self.whole = whole } else { self.number = number }
        case .string(let text): self.text = text
        case .array(let items): list.items = items.map(PackedValue.init)
        case .object(let members): map.members = members.map(PackedMember.init)
        }
    }

    /// Nil where it takes a double to say the same: -0 too is none.
    static func whole(_ number: Double) -> Int64? {
        guard wholes.contains(number), number != 0 || number.sign == .plus else { return nil }
        return Int64(exactly: number)
    }

    /// - Throws: where it is of no kind that is known here, is no number of JSON, or is nested too deep.
    package func json(within depth: Int = JSON.maximumDepth) throws(PackedFault) -> JSON {
        switch kind {
        case .nothing: return .null
        case .flag(let flag): return .bool(flag)
        case .number(let number):
            guard number.isFinite else { throw .refused("a number that is infinite or none") }
            return .number(number)
        case .whole(let whole): return .number(Double(whole))
        case .text(let text): return .string(text)
        case .list(let list):
            try Self.check(depth)
            var items: [JSON] = []
            items.reserveCapacity(list.items.count)
            for item in list.items { items.append(try item.json(within: depth - 1)) }
            return .array(items)
        case .map(let map):
            try Self.check(depth)
            var members: [JSON.Member] = []
            members.reserveCapacity(map.members.count)
            for member in map.members {
                let value = member.hasValue ? try member.value.json(within: depth - 1) : .null
                members.append(JSON.Member(member.name, value))
            }
            return .object(members)
        case nil: throw .refused("a value of a kind that is not known here")
        }
    }

    private static func check(_ depth: Int) throws(PackedFault) {
        guard depth > 0 else { throw .refused("nested deeper than \(JSON.maximumDepth)") }
    }
}

extension PackedMember {
    init(_ member: JSON.Member) {
        self.init()
        name = member.name
        value = PackedValue(member.value)
    }
}

extension Timestamp {
    /// - Throws: beyond the years -9999 to 9999, as with seconds.
    init(packed microseconds: Int64) throws(PackedFault) {
        guard microseconds.magnitude <= 253_402_300_799_000_000 else {
            throw .refused("'time' is no time; give microseconds since 1970")
        }
        self.init(microseconds: microseconds)
    }
}
