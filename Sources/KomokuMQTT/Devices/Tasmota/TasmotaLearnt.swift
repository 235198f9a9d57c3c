import Komoku

/// What a device's messages told beyond its discovery. It is kept over restarts as a message of the hub's own.
struct TasmotaLearnt: Hashable {
    var leaves: [TasmotaLeaf] = []
    /// What STATE has and nobody promised: `BatteryPercentage`.
    var state: [TasmotaLeaf] = []
    /// Names in STATE, of a device without discovery.
    var keys: [String] = []
    /// Buttons that nobody promised.
    var actions: [String] = []
    /// Codes that a bridge hears: `RfReceived.Data`.
    var codes: [String] = []
    var rhythm = TasmotaRhythm()

    /// The most of each kind.
    static let maximumCount = 200

    /// - Returns: whether there is something new.
    mutating func add(_ leaf: TasmotaLeaf) -> Bool {
        guard leaves.count < TasmotaLeaf.maximumCount, !leaves.contains(where: { Self.same($0.path, leaf.path) }) else {
            return false
        }
        leaves.append(leaf)
        return true
    }

    /// - Returns: whether there is something new.
    mutating func addState(_ leaf: TasmotaLeaf) -> Bool {
        guard state.count < Self.maximumCount, !state.contains(where: { Self.same($0.path, leaf.path) }) else {
            return false
        }
        state.append(leaf)
        return true
    }

    static func add(_ name: String, to names: inout [String]) -> Bool {
        guard names.count < maximumCount, !names.contains(where: { same($0, name) }) else { return false }
        names.append(name)
        return true
    }

    private static func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}

// MARK: - Over restarts

extension TasmotaLearnt {
    /// - Parameter topic: of a device that was never discovered.
    func json(topic: String?, units: TasmotaUnits, children: [TasmotaChild]) -> JSON {
        var members: [JSON.Member] = []
        func list(_ name: String, _ items: [JSON]) {
            if !items.isEmpty { members.append(JSON.Member(name, .array(items))) }
        }
        if let topic { members.append(JSON.Member("topic", .string(topic))) }
        if let period = rhythm.period { members.append(JSON.Member("period", .number(period.seconds))) }
        list("leaves", leaves.map { [.string($0.path), .string($0.kind.rawValue)] })
        list("state", state.map { [.string($0.path), .string($0.kind.rawValue)] })
        list("keys", keys.map { .string($0) })
        list("actions", actions.map { .string($0) })
        list("codes", codes.map { .string($0) })
        list("children", children.map(\.json))
        return .object(members + units.members)
    }

    init(_ json: JSON) {
        let texts = { (name: String) in
            (json[name]?.array ?? []).prefix(Self.maximumCount).compactMap(\.string)
                .filter { $0.utf8.count <= TasmotaLeaf.maximumPath }
        }
        leaves = (json["leaves"]?.array ?? []).prefix(TasmotaLeaf.maximumCount).compactMap(TasmotaLeaf.init)
        state = (json["state"]?.array ?? []).prefix(Self.maximumCount).compactMap(TasmotaLeaf.init)
        keys = texts("keys").filter(TasmotaFields.isKey)
        actions = texts("actions")
        codes = texts("codes")
        let period = json["period"]?.number.flatMap { 9...100_000 ~= $0 ? Duration(seconds: $0) : nil }
        rhythm = TasmotaRhythm(period: period)
    }
}

extension TasmotaLeaf {
    /// `["BatteryPercentage","number"]`.
    fileprivate init?(_ json: JSON) {
        guard let pair = json.array, pair.count == 2, let path = pair[0].string, !path.isEmpty,
            path.utf8.count <= Self.maximumPath, let kind = pair[1].string.flatMap(Kind.init)
        else { return nil }
        self.init(path: path, kind: kind)
    }
}

extension TasmotaUnits {
    /// As a message of sensors says them.
    fileprivate var members: [JSON.Member] {
        guard isStated else { return [] }
        let speed = speed.map { [JSON.Member("SpeedUnit", .string($0))] } ?? []
        return [
            JSON.Member("TempUnit", .string(String(temperature.suffix(1)))),
            JSON.Member("PressureUnit", .string(pressure)),
        ] + speed
    }
}
