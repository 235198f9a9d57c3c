internal import Komoku

/// How the series of a file are called at the hub.
struct SeriesNaming: Hashable {
    /// For a file of one series.
    var key: KeyName?
    /// `FILE'S NAME=KEY`; no key leaves the series out.
    var map: [(name: String, key: KeyName?)] = []
    /// Take the names of the file, with `_` for what no name may have.
    var takesNames = false

    static func == (left: Self, right: Self) -> Bool { left.key == right.key && left.takesNames == right.takesNames }
    func hash(into hasher: inout Hasher) { hasher.combine(takesNames) }

    /// What became of the names.
    struct Outcome {
        /// By the index of the series; nil is left out.
        var keys: [KeyName?] = []
        /// Series that were not named, where others were.
        var leftOut: [String] = []
    }

    /// - Parameter known: the keys that the hub has.
    /// - Throws: `Failure` where the user has to say more.
    func names(of survey: Survey, known: Set<KeyName>, ours: Bool) throws -> Outcome {
        let series = survey.series
        if let unused = map.first(where: { entry in !series.contains { $0.name.utf8.elementsEqual(entry.name.utf8) } })
        {
            throw Failure.usage(
                "the file has no series '\(unused.name.printable)'; it has \(Self.list(series.map(\.name)))")
        }
        if let key {
            guard series.count <= 1 else {
                throw Failure.usage(
                    "--key is for files of one series; this one has \(series.count): \(Self.list(series.map(\.name))). "
                        + "Name them one by one: --map 'NAME=KEY'")
            }
            return Outcome(keys: series.map { _ in key })
        }
        var outcome = Outcome()
        var unnamed: [String] = []
        for one in series {
            if let entry = map.last(where: { $0.name.utf8.elementsEqual(one.name.utf8) }) {
                outcome.keys.append(entry.key)
                continue
            }
            let name = KeyName(one.name)
            if let name, ours || known.contains(name) || (map.isEmpty && !survey.hasEntities && name.text != "value") {
                outcome.keys.append(name)
            } else if takesNames {
                outcome.keys.append(Self.valid(one.name))
            } else if map.isEmpty {
                unnamed.append(one.name)
                outcome.keys.append(nil)
            } else {
                outcome.leftOut.append(one.name)
                outcome.keys.append(nil)
            }
        }
        guard unnamed.isEmpty else { throw Self.question(unnamed, isOne: series.count == 1) }
        try Self.checkDoubles(outcome.keys, series.map(\.name))
        return outcome
    }

    private static func question(_ names: [String], isOne: Bool) -> Failure {
        let example = valid(names[0])?.text ?? "kitchen.temperature"
        let one = isOne ? "--key KEY, " : ""
        return Failure.usage(
            "the file's names are not those of keys: \(list(names)). Say how they shall be called: \(one)"
                + "--map '\(names[0].printable)=\(example)', or --names to take them as they are")
    }

    private static func checkDoubles(_ keys: [KeyName?], _ names: [String]) throws {
        var first: [KeyName: String] = [:]
        for (key, name) in zip(keys, names) {
            guard let key else { continue }
            if let other = first.updateValue(name, forKey: key) {
                throw Failure.usage(
                    "'\(other.printable)' and '\(name.printable)' would both be \(key.text); tell them apart with --map"
                )
            }
        }
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(10).map { "'\($0.prefix(80).description.printable)'" }.joined(separator: ", ")
        return names.count > 10 ? shown + " and \(names.count - 10) more" : shown
    }

    /// `Kitchen temperature (°C)` → `Kitchen_temperature_C`.
    static func valid(_ name: String) -> KeyName? {
        let segments = name.split(separator: ".").map { segment in
            segment.unicodeScalars.map { KeyName(String($0)) == nil ? " " : String($0) }.joined()
                .split(separator: " ").joined(separator: "_")
        }
        var text = segments.filter { !$0.isEmpty }.joined(separator: ".")
        while text.utf8.count > KeyName.maximumLength { text.removeLast() }
        return KeyName(text)
    }
}
