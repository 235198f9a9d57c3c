public import Komoku

/// A key as the hub lists it.
public struct KeyDescription: Hashable, Sendable {
    public let name: String
    public let type: String
    public let options: [JSON.Member]
    /// Nil where the key has no value yet.
    public let value: JSON?
    /// The time of the newest put.
    public let time: Timestamp?
    /// Nothing was heard of it for as long as it should be; the value is what it was.
    public let isStale: Bool
    /// When the next of its points falls due that are ahead of the hub's clock.
    public let next: Timestamp?
    /// How many of its points the hub dated while its clock was ahead.
    public let misdated: Int
    /// Puts go to the device, and the key changes when the device reports.
    public let isWritable: Bool
    /// The id of the device that the key is of, and what the device calls it.
    public let device: String?
    public let property: String?

    init(name: String, _ json: JSON) {
        self.name = name
        type = json["type"]?.string ?? ""
        options = json["opts"]?.object ?? []
        value = json["value"]?.nonNull
        time = json["time"]?.number.flatMap(Timestamp.init(seconds:))
        isStale = json["stale"]?.bool ?? false
        next = json["next"]?.number.flatMap(Timestamp.init(seconds:))
        misdated = json["misdated"]?.number.flatMap { Int(exactly: $0) } ?? 0
        isWritable = json["writable"]?.bool ?? false
        device = json["device"]?.string
        property = json["property"]?.string
    }

    public var unit: String? { options.last { $0.name.utf8.elementsEqual("unit".utf8) }?.value.string }
}

extension JSON {
    /// None where this is null. A bare `nil` would be read as `JSON.null` here.
    var nonNull: JSON? { isNull ? JSON?.none : self }
}

/// A point of a key's history.
public struct HistoryPoint: Hashable, Sendable {
    public let time: Timestamp
    /// Null is a gap: from then on nothing was known.
    public let value: JSON

    public init(time: Timestamp, value: JSON) {
        self.time = time
        self.value = value
    }

    init?(_ json: JSON) {
        guard let items = json.array, items.count == 2, let time = items[0].number.flatMap(Timestamp.init(seconds:))
        else { return nil }
        self.time = time
        value = items[1]
    }
}
