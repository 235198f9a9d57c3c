import Komoku

/// What Tasmota devices share: topics by prefix, a relay that `cmnd/…/POWER` switches, the last will, telemetry of itself.
struct TasmotaRelay: Sendable {
    let name: String
    var isOn: Bool

    init(_ name: String, isOn: Bool) {
        self.name = name
        self.isOn = isOn
    }

    private var word: JSON { isOn ? "ON" : "OFF" }

    /// Tasmota keeps its last will and its discovery at the broker, and nothing else.
    func announcements(mac: String, label: String, module: String, sensors: JSON = [:]) -> [Message] {
        let config: JSON = [
            "ip": "192.168.1.20", "dn": .string(label), "fn": [.string(label), .null], "hn": .string(name),
            "mac": .string(mac), "md": .string(module), "ty": 0, "if": 0, "ofln": "Offline", "onln": "Online",
            "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "14.2.0", "t": .string(name),
            "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "rl": [1, 0, 0, 0], "swc": [-1, -1],
            "btn": [0, 0], "so": ["4": 0, "11": 0, "73": 0, "114": 0], "lk": 0, "lt_st": 0, "bat": 0, "dslp": 0,
            "sho": [], "ver": 1,
        ]
        return [
            Message("tele/\(name)/LWT", "Online", isRetained: true),
            Message("tasmota/discovery/\(mac)/config", config, isRetained: true),
            Message("tasmota/discovery/\(mac)/sensors", ["sn": sensors, "ver": 1], isRetained: true),
        ]
    }

    var farewell: Message { Message("tele/\(name)/LWT", "Offline", isRetained: true) }

    func state(in world: World) -> Message {
        Message(
            "tele/\(name)/STATE",
            [
                "Time": .string(Self.clock(world.epoch)), "UptimeSec": .number(world.time.rounded(.down)), "Heap": 25,
                "POWER": word, "Wifi": ["AP": 1, "SSId": "house", "RSSI": 74, "Signal": -63, "LinkCount": 1],
            ])
    }

    /// Nil where the message is no command for it. An empty payload asks.
    mutating func receive(_ message: Message) -> [Message]? {
        guard message.topic == "cmnd/\(name)/POWER" else { return nil }
        if let command = SwitchCommand(message.payload) { isOn = command.result(from: isOn) }
        return [
            Message("stat/\(name)/RESULT", ["POWER": word]),
            Message("stat/\(name)/POWER", isOn ? "ON" : "OFF"),
        ]
    }

    /// `2026-03-14T08:00:05`: Tasmota says no zone.
    static func clock(_ epoch: Int64) -> String {
        let (year, month, day) = civil(days: epoch / 86_400)
        let second = epoch % 86_400
        let parts = [month, day, second / 3_600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(year)-\(parts[0])-\(parts[1])T\(parts[2]):\(parts[3]):\(parts[4])"
    }

    /// The Gregorian date of a day number since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
