/// A trigger that says what it is for: `motion`, `opened`. It fires for all keys that tell of that, whatever they are called and
/// whichever value means it.
struct Purpose: Sendable {
    let word: String
    let subject: Subject
    /// It fires when that ends: `closed`.
    var isEnd = false
    /// It fires only where the opposite was so before, not with the first that is heard: what ends has been.
    var wasOtherwise = false
    /// It makes no sense without `for`.
    var needsHold = false

    /// What keys can tell of.
    struct Subject: Sendable {
        /// As people call it, behind "tells of".
        let name: String
        /// What devices call their properties that tell of it.
        var classes: Set<String> = []
        /// The names of keys that do: as the last part, or as its last word (`left_window`).
        var names: Set<String> = []
        /// Those of keys that are true where it is not so.
        var opposites: Set<String> = []
        /// What a text says where it is so, and where it is not.
        var words: [String] = []
        var otherWords: [String] = []
        /// Devices that tell of it can be told, too.
        var isCommanded = false
        /// A number, in percent, says so below this.
        var below: Double?
        /// Presses, not states.
        var isEvent = false
    }
}

extension Purpose {
    /// Every purpose, in the order in which they are named to people.
    static let all: [Purpose] = [
        Purpose(word: "motion", subject: .motion),
        Purpose(word: "no_motion", subject: .motion, isEnd: true, wasOtherwise: true),
        Purpose(word: "opened", subject: .opening),
        Purpose(word: "closed", subject: .opening, isEnd: true, wasOtherwise: true),
        Purpose(word: "left_open", subject: .opening, needsHold: true),
        Purpose(word: "locked", subject: .lock),
        Purpose(word: "unlocked", subject: .lock, isEnd: true, wasOtherwise: true),
        Purpose(word: "turned_on", subject: .switching),
        Purpose(word: "turned_off", subject: .switching, isEnd: true, wasOtherwise: true),
        Purpose(word: "pressed", subject: .button),
        Purpose(word: "leak", subject: .leak),
        Purpose(word: "smoke", subject: .smoke),
        Purpose(word: "gas", subject: .gas),
        Purpose(word: "vibration", subject: .vibration),
        Purpose(word: "tamper", subject: .tamper),
        Purpose(word: "arrived", subject: .presence),
        Purpose(word: "left", subject: .presence, isEnd: true, wasOtherwise: true),
        Purpose(word: "battery_low", subject: .battery),
        Purpose(word: "unavailable", subject: .availability, isEnd: true, wasOtherwise: true),
        Purpose(word: "came_back", subject: .availability, wasOtherwise: true),
    ]

    static let words = all.map(\.word)

    static subscript(word: String) -> Purpose? { byWord[word] }

    private static let byWord = Dictionary(uniqueKeysWithValues: all.map { ($0.word, $0) })

    /// What devices call properties that tell of one of the subjects.
    static let allClasses = all.reduce(into: Set<String>()) { $0.formUnion($1.subject.classes) }
}

extension Purpose.Subject {
    fileprivate static let motion = Self(
        name: "motion", classes: ["motion", "occupancy", "presence", "moving"],
        names: ["motion", "occupancy", "presence", "movement", "pir"])
    fileprivate static let opening = Self(
        name: "a door or window", classes: ["door", "window", "garage_door", "opening", "garage", "gate", "cover"],
        names: ["door", "window", "gate", "garage", "open", "opened", "opening", "cover", "lid"],
        opposites: ["contact", "closed"], words: ["open", "opening"], otherWords: ["closed", "close", "closing"])
    fileprivate static let lock = Self(
        name: "a lock", classes: ["lock"], names: ["lock", "locked", "lock_state"], opposites: ["unlocked"],
        words: ["locked", "lock"], otherWords: ["unlocked", "unlock", "not_fully_locked"])
    fileprivate static let switching = Self(
        name: "being on or off",
        classes: ["light", "switch", "outlet", "fan", "siren", "humidifier", "valve"],
        names: [
            "state", "power", "on", "light", "lamp", "switch", "relay", "output", "socket", "plug", "outlet", "fan",
            "siren", "heater", "pump", "valve",
        ], words: ["on"], otherWords: ["off"], isCommanded: true)
    fileprivate static let button = Self(name: "presses", isEvent: true)
    fileprivate static let leak = Self(
        name: "water", classes: ["moisture"], names: ["leak", "water_leak", "leakage", "flood", "moisture"])
    fileprivate static let smoke = Self(name: "smoke", classes: ["smoke"], names: ["smoke"])
    fileprivate static let gas = Self(
        name: "gas", classes: ["gas", "carbon_monoxide"], names: ["gas", "carbon_monoxide", "co"])
    fileprivate static let vibration = Self(name: "vibration", classes: ["vibration"], names: ["vibration"])
    fileprivate static let tamper = Self(name: "tampering", classes: ["tamper"], names: ["tamper", "tampered"])
    fileprivate static let presence = Self(
        name: "who is at home", classes: ["device_tracker", "presence"], names: ["home", "at_home", "present"],
        words: ["home"], otherWords: ["not_home", "away"])
    fileprivate static let battery = Self(
        name: "a battery", classes: ["battery"],
        names: [
            "battery", "battery_low", "low_battery", "battery_level", "battery_percent", "battery_percentage",
            "batterypercentage", "bat", "battery_state",
        ], words: ["low", "critical"], otherWords: ["medium", "high", "normal", "ok"], below: 20)
    fileprivate static let availability = Self(
        name: "being reachable", classes: ["connectivity"],
        names: ["online", "available", "availability", "reachable"],
        words: ["online", "available"], otherWords: ["offline", "unavailable"])
}
