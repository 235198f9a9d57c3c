internal import Komoku

/// What `repair` asks for: a list of outliers, or a change of one point.
struct RepairRequest: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case list(HistoryRange, limit: Int)
        case remove(Timestamp)
        case set(Timestamp, JSON)
        case undo
    }

    var key: KeyName
    var action: Action

    init(_ body: JSON) throws(Refusal) {
        key = try body.keyName()
        let remove = try body.moment("remove")
        let set = try Self.change(body["set"])
        let undo = try body.flag("undo")
        switch (remove, set, undo) {
        case (nil, nil, false):
            action = .list(try HistoryRange(body), limit: try body.count("limit", in: 1...10_000) ?? 1000)
        case (let time?, nil, false): action = .remove(time)
        case (nil, let set?, false): action = .set(set.time, set.value)
        case (nil, nil, true): action = .undo
        default: throw .invalidQuery("one of 'remove', 'set' and 'undo' at a time")
        }
    }

    private static func change(_ json: JSON?) throws(Refusal) -> (time: Timestamp, value: JSON)? {
        guard let json, !json.isNull else { return nil }
        guard let items = json.array, items.count == 2, !items[1].isNull,
            let time = try JSON.object([JSON.Member("set", items[0])]).moment("set")
        else { throw .invalidQuery("'set' is a list of a time and a value") }
        return (time, items[1])
    }

    var isList: Bool { if case .list = action { true } else { false } }
}
