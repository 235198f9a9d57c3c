public import Komoku

/// Some points of one key.
public struct KeyPoints: Hashable, Sendable {
    public var key: String
    /// In the order in which they shall be stored; a value of null is a gap.
    public var points: [HistoryPoint]

    public init(key: String, points: [HistoryPoint]) {
        self.key = key
        self.points = points
    }

    init?(_ json: JSON) {
        guard let items = json.array, items.count == 2, let key = items[0].string, let points = items[1].array
        else { return nil }
        self.key = key
        self.points = points.compactMap(HistoryPoint.init)
    }

    var json: JSON {
        [.string(key), .array(points.map { [.number($0.time.seconds), $0.value] })]
    }
}

/// A key as an export tells it and an import takes it.
public struct KeyDefinition: Hashable, Sendable {
    public var name: String
    /// `numeric`, `counter`, `boolean`, `uptime` or `string`.
    public var type: String
    /// As they were defined.
    public var options: [JSON.Member]

    public init(name: String, type: String, options: [JSON.Member] = []) {
        self.name = name
        self.type = type
        self.options = options
    }

    init?(_ member: JSON.Member) {
        guard let type = member.value["type"]?.string else { return nil }
        self.init(name: member.name, type: type, options: member.value["opts"]?.object ?? [])
    }

    var member: JSON.Member {
        let options: [JSON.Member] = options.isEmpty ? [] : [JSON.Member("opts", .object(options))]
        return JSON.Member(name, .object([JSON.Member("type", .string(type))] + options))
    }
}
