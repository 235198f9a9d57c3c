public import Komoku

/// A point of a key's history: `[T,V]`.
public struct HistoryPoint: Hashable, Sendable {
    public let time: Timestamp
    /// Null is a gap: from then on nothing was known.
    public let value: JSON

    public init(time: Timestamp, value: JSON) {
        (self.time, self.value) = (time, value)
    }

    /// Nil where it is none.
    public init?(_ json: JSON) {
        guard let items = json.array, items.count == 2, let time = items[0].number.flatMap(Timestamp.init(seconds:))
        else { return nil }
        self.init(time: time, value: items[1])
    }

    public var json: JSON { [.number(time.seconds), value] }
}

extension JSON {
    /// A value as the wire has it; null for a gap or none.
    package init(_ value: Komoku.Value?) {
        self = value?.json ?? .null
    }

    /// `[T,V]`.
    package init(_ point: Point) {
        self = .array([.number(point.time.seconds), JSON(point.value)])
    }

    /// None where this is null. A bare `nil` would be read as `JSON.null` here.
    package var nonNull: JSON? { isNull ? JSON?.none : self }

    /// Appends `[…]`.
    package static func writeList<Items: Collection>(
        _ items: Items, into bytes: inout [UInt8], _ write: (Items.Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for item in items {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            write(item, &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
