internal import Komoku

/// What `repair` asks for: a list of outliers, or a change of one point.
struct RepairRequest: Hashable, Sendable {
    enum Action: Hashable, Sendable {
        case list(HistoryRange, limit: Int)
        case remove(Timestamp)
        case set(Timestamp, JSON)
        case replaced(Timestamp)
        case notReplaced(Timestamp)
        case undo
    }

    var key: KeyName
    var action: Action

    init(_ body: JSON) throws(Refusal) {
        key = try body.keyName()
        var actions: [Action] = []
        if let time = try body.moment("remove") { actions.append(.remove(time)) }
        if let set = try Self.change(body["set"]) { actions.append(.set(set.time, set.value)) }
        if let time = try body.moment("replaced") { actions.append(.replaced(time)) }
        if let time = try body.moment("not_replaced") { actions.append(.notReplaced(time)) }
        if try body.flag("undo") { actions.append(.undo) }
        guard actions.count < 2 else {
            throw .invalidQuery("one of 'remove', 'set', 'replaced', 'not_replaced' and 'undo' at a time")
        }
        let limit = try body.count("limit", in: 1...10_000) ?? 1000
        action = try actions.first ?? .list(HistoryRange(body), limit: limit)
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
