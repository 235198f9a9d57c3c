import Komoku

/// What keys were when rules took snapshots, by the snapshots' names. Any rule may restore them, also later.
struct Snapshots {
    private var byName: [String: [KeyName: Value]] = [:]

    /// The most that there are.
    static let maximum = 1_000
    /// The most keys of one.
    static let maximumKeys = 5_000
    /// The longest name, in bytes of UTF-8.
    static let maximumName = 128

    subscript(name: String) -> [KeyName: Value]? { byName[name] }

    /// Whether one more fits.
    func takes(_ name: String) -> Bool { byName[name] != nil || byName.count < Self.maximum }

    mutating func set(_ values: [KeyName: Value], as name: String) { byName[name] = values }
}

/// The names of snapshots that are of use.
struct WantedSnapshots {
    var names: Set<String> = []
    /// Some are known only when a rule runs.
    var areOpen = false

    func takes(_ name: String) -> Bool { areOpen || names.contains(name) }
}

extension [KeyName: Value] {
    var coded: JSON { .object(sorted { $0.key < $1.key }.map { JSON.Member($0.key.text, $0.value.json) }) }

    /// Nil where it is none.
    init?(snapshot json: JSON) {
        guard let members = json.object, members.count <= Snapshots.maximumKeys else { return nil }
        self.init()
        for member in members {
            guard let key = KeyName(member.name), let value = Value(coded: member.value) else { return nil }
            self[key] = value
        }
    }
}
