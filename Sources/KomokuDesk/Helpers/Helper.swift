internal import Komoku
internal import KomokuHub
internal import KomokuWire

/// Something that the family sets: a key, and what of it the hub does by itself.
struct Helper: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case `switch`
        case text
        case mode([String])
        case number(least: Double?, most: Double?, step: Double?, unit: String?)
        case schedule(WeekSchedule)
        /// How long it runs.
        case timer(Duration)
        case person(trackers: [KeyName], awayAfter: Duration)
    }

    let key: KeyName
    let label: String
    let icon: String?
    let kind: Kind

    /// Of the words that are put to a timer, the last three.
    static let timerWords = ["idle", "running", "paused", "finished", "start", "pause", "cancel"]
    static let usualAwayAfter = Duration.seconds(300)

    var type: KeyType {
        switch kind {
        case .switch: .boolean
        case .text, .mode, .timer, .person: .string
        case .number: .numeric
        case .schedule(let schedule):
            switch schedule.otherwise {
            case .boolean: .boolean
            case .number: .numeric
            case .string: .string
            }
        }
    }

    /// Of the key.
    var definition: Definition {
        var options: [JSON.Member] = []
        func texts(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
        switch kind {
        case .mode(let values): options = [JSON.Member("values", texts(values))]
        case .number(_, _, _, let unit): options = unit.map { [JSON.Member("unit", .string($0))] } ?? []
        case .schedule(let schedule) where type == .string:
            options = [JSON.Member("values", texts(schedule.values.compactMap(\.string)))]
        case .timer: options = [JSON.Member("values", texts(Self.timerWords))]
        case .person: options = [JSON.Member("values", texts(["home", "away"]))]
        case .switch, .text, .schedule: break
        }
        return Definition(name: key.text, type: .string(type.rawValue), options: options)
    }

    /// What the key is where it has no value, or none that it may have now; nil where that is as it is, or others say.
    func beginning(_ present: Value?) -> Value? {
        switch kind {
        case .switch: present == nil ? .boolean(false) : nil
        case .text: present == nil ? .string("") : nil
        case .mode(let values): present?.string.map(values.contains) == true ? nil : values.first.map { .string($0) }
        case .number(let least, let most, _, _):
            Self.beginning(present?.number, from: least ?? -.infinity, to: most ?? .infinity)
        case .schedule, .timer, .person: nil
        }
    }

    private static func beginning(_ present: Double?, from least: Double, to most: Double) -> Value? {
        let wanted = min(max(present ?? (least.isFinite ? least : 0), least), most)
        return wanted == present ? nil : .number(wanted)
    }

    /// Where the end of a timer is told; nil for others, and where the name would be too long.
    var endsKey: KeyName? { isTimer ? key.timerEnd : nil }

    var isTimer: Bool { if case .timer = kind { true } else { false } }
}

extension KeyName {
    /// Where the end of a timer of this name is told; nil where that would be too long.
    var timerEnd: KeyName? { KeyName(text + ".ends") }
}

extension Helper {
    private static let longestLabel = 200

    /// - Throws: with the setting that is missing, wrong or of another kind.
    init(_ description: HelperDescription) throws(Refusal) {
        (key, label, icon) = (description.key, description.label, description.icon)
        guard !label.isEmpty, label.utf8.count <= Self.longestLabel, (icon?.utf8.count ?? 0) <= Self.longestLabel else {
            throw .invalidQuery("'label' is a text of 1 to \(Self.longestLabel) bytes, and 'icon' is no longer")
        }
        kind = try Self.kind(of: description)
        if case .timer = kind, endsKey == nil {
            throw .invalidQuery("the name '\(key)' is too long for a timer: its end is told as '\(key).ends'")
        }
        try Self.checkStrangers(description)
    }

    private static func kind(of description: HelperDescription) throws(Refusal) -> Kind {
        switch description.kind {
        case .switch: .switch
        case .text: .text
        case .mode: .mode(try modes(description.values))
        case .number: try number(description)
        case .schedule: .schedule(try WeekSchedule(description.days ?? WeekPlan(), otherwise: description.otherwise))
        case .timer:
            .timer(try length(description.duration, "duration", atLeast: .seconds(1)))
        case .person:
            .person(
                trackers: try trackers(description),
                awayAfter: try length(description.awayAfter ?? usualAwayAfter, "away_after", atLeast: .zero))
        }
    }

    private static func modes(_ values: [String]?) throws(Refusal) -> [String] {
        guard let values, !values.isEmpty else {
            throw .invalidQuery("a mode needs 'values', the list of what it can be")
        }
        var seen: Set<[UInt8]> = []
        if let twice = values.first(where: { !seen.insert(Array($0.utf8)).inserted }) {
            throw .invalidQuery("'values' has '\(twice.prefix(100))' twice")
        }
        guard !values.contains(where: \.isEmpty) else { throw .invalidQuery("a value of 'values' is empty") }
        return values
    }

    private static func number(_ description: HelperDescription) throws(Refusal) -> Kind {
        let (least, most, step) = (description.minimum, description.maximum, description.step)
        guard [least, most, step].allSatisfy({ $0?.isFinite ?? true }) else {
            throw .invalidQuery("'min', 'max' and 'step' are numbers")
        }
        if let least, let most, least >= most { throw .invalidQuery("'min' is below 'max'") }
        if let step, step <= 0 { throw .invalidQuery("'step' is above 0") }
        return .number(least: least, most: most, step: step, unit: description.unit)
    }

    private static func length(
        _ length: Duration?, _ name: String, atLeast least: Duration
    ) throws(Refusal) -> Duration {
        guard let length else { throw .invalidQuery("a timer needs 'duration', in seconds") }
        guard length >= least, length <= .seconds(366 * 86_400) else {
            throw .invalidQuery("'\(name)' is from \(Int(least.seconds)) seconds to a year, in seconds")
        }
        return length
    }

    private static func trackers(_ description: HelperDescription) throws(Refusal) -> [KeyName] {
        guard let trackers = description.trackers, !trackers.isEmpty else {
            throw .invalidQuery("a person needs 'trackers', boolean keys that say that he is at home")
        }
        guard trackers.count <= 32 else { throw .invalidQuery("a person has at most 32 trackers") }
        guard !trackers.contains(description.key) else { throw .invalidQuery("a person is no tracker of his own") }
        return trackers
    }

    /// A setting of another kind was meant for something.
    private static func checkStrangers(_ description: HelperDescription) throws(Refusal) {
        let settings: [(String, Bool, HelperDescription.Kind)] = [
            ("values", description.values != nil, .mode), ("min", description.minimum != nil, .number),
            ("max", description.maximum != nil, .number), ("step", description.step != nil, .number),
            ("unit", description.unit != nil, .number), ("days", description.days != nil, .schedule),
            ("otherwise", description.otherwise != nil, .schedule), ("duration", description.duration != nil, .timer),
            ("trackers", description.trackers != nil, .person), ("away_after", description.awayAfter != nil, .person),
        ]
        if let (name, _, kind) = settings.first(where: { $0.1 && $0.2 != description.kind }) {
            throw .invalidQuery("'\(name)' is for the kind '\(kind.rawValue)', not for '\(description.kind.rawValue)'")
        }
    }

    /// As it was given, with defaults filled in.
    var description: HelperDescription {
        var told = HelperDescription()
        (told.key, told.label, told.icon) = (key, label, icon)
        switch kind {
        case .switch: told.kind = .switch
        case .text: told.kind = .text
        case .mode(let values): (told.kind, told.values) = (.mode, values)
        case .number(let least, let most, let step, let unit):
            told.kind = .number
            (told.minimum, told.maximum, told.step, told.unit) = (least, most, step, unit)
        case .schedule(let schedule):
            (told.kind, told.days, told.otherwise) = (.schedule, schedule.plan, schedule.otherwise.json)
        case .timer(let length): (told.kind, told.duration) = (.timer, length)
        case .person(let trackers, let awayAfter):
            (told.kind, told.trackers, told.awayAfter) = (.person, trackers, awayAfter)
        }
        return told
    }
}
