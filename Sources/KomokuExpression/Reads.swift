package import Komoku

/// All that a compiled expression reads, so that it can be evaluated again when one of them may have changed.
package struct Reads: Hashable, Sendable {
    /// An age that the expression compares with a limit and uses for nothing else.
    package struct AgeLimit: Hashable, Sendable {
        package let key: KeyName
        package let limit: Duration
    }

    /// How far back the history of a key is asked for.
    package struct LookBack: Hashable, Sendable {
        /// Nil for one whose name is known only when evaluated.
        package let key: KeyName?
        /// Nil where it is known only when evaluated.
        package let length: Duration?
    }

    /// Each once, those inside history and state calls included.
    package private(set) var keys: [KeyName] = []
    /// Keys whose names are known only when evaluated.
    package private(set) var computedKeys: [ComputedKey] = []
    /// The keys that match these, those that are still to come included; each once.
    package private(set) var patterns: [KeyPattern] = []
    /// The devices that it asks for; nil among them stands for a name known only when evaluated.
    package private(set) var devices: [String?] = []
    /// What it asks the clock, each once.
    package private(set) var clock: [ClockCall] = []
    /// What it asks calendars, each once.
    package private(set) var calendars: [CalendarCall] = []
    /// The result also changes when something is heard of these keys, an equal value included, as it does with every `age`.
    package private(set) var ageLimits: [AgeLimit] = []
    /// As `ageLimits`, of how long the value has been what it is.
    package private(set) var changeLimits: [AgeLimit] = []
    /// What its history functions ask for, each once.
    package private(set) var lookBacks: [LookBack] = []
    /// Whether it draws numbers: two evaluations come out differently with nothing having happened.
    package private(set) var isLeftToChance = false
    /// How often to look again for what has no moment of its own, in whole seconds: windows of the history and ages.
    private(set) var step: Duration?

    package static let none = Reads()

    static let second = Duration.seconds(1)
    static let minute = Duration.seconds(60)

    /// Whether the result can change as time goes by, with nothing else happening.
    package var isTimeDependent: Bool {
        step != nil || !clock.isEmpty || !calendars.isEmpty || !ageLimits.isEmpty || !changeLimits.isEmpty
    }

    /// How often to look again at most, for a caller that does not ask for `nextChange`; nil where time changes nothing.
    package var interval: Duration? {
        let steps =
            clock.map(\.step) + (step.map { [$0] } ?? []) + (calendars.isEmpty ? [] : [Self.minute])
            + (ageLimits.isEmpty && changeLimits.isEmpty ? [] : [Self.second])
        return steps.min()
    }

    package mutating func add(_ other: Reads) {
        for key in other.keys { add(key) }
        for key in other.computedKeys { add(key) }
        for pattern in other.patterns { add(pattern) }
        for device in other.devices { add(device: device) }
        for call in other.clock { add(call) }
        for call in other.calendars { add(call) }
        for lookBack in other.lookBacks where !lookBacks.contains(lookBack) { lookBacks.append(lookBack) }
        for limit in other.ageLimits where !ageLimits.contains(limit) { ageLimits.append(limit) }
        for limit in other.changeLimits where !changeLimits.contains(limit) { changeLimits.append(limit) }
        if let step = other.step { repeats(every: step) }
        isLeftToChance = isLeftToChance || other.isLeftToChance
    }

    mutating func add(_ reference: Reference) {
        switch reference {
        case .local: break
        case .key(let name), .state(.stale(let name)): add(name)
        case .state(.online(let device)): add(device: device)
        case .clock(let call): add(call)
        case .calendar(let call): add(call)
        case .keys(let call): for subject in call.subjects { add(subject.pattern) }
        case .random: isLeftToChance = true
        case .history(let call):
            add(call.key)
            // Ages are added at each place that they are used.
            if call.function == .age || call.function == .since { return }
            add(call.function, of: call.key, back: call.window ?? call.moment?.ago)
            add(call.function, window: call.window, isRelative: call.moment?.isRelative ?? false)
        }
    }

    mutating func add(_ key: KeyName) {
        if !keys.contains(key) { keys.append(key) }
    }

    mutating func add(_ key: ComputedKey) {
        if !computedKeys.contains(key) { computedKeys.append(key) }
    }

    mutating func add(_ pattern: KeyPattern) {
        if !patterns.contains(pattern) { patterns.append(pattern) }
    }

    mutating func add(device: String?) {
        if !devices.contains(device) { devices.append(device) }
    }

    private mutating func add(_ call: ClockCall) {
        if !clock.contains(call) { clock.append(call) }
    }

    private mutating func add(_ call: CalendarCall) {
        if !calendars.contains(call) { calendars.append(call) }
    }

    /// - Parameter limit: seconds that it is compared with; nil where each second counts.
    mutating func add(_ function: HistoryCall.Function, of key: KeyName, limit: Double?) {
        guard let limit = limit.flatMap({ Duration(seconds: $0) }) else {
            repeats(every: Self.second)
            return
        }
        let age = AgeLimit(key: key, limit: limit)
        if function == .age {
            if !ageLimits.contains(age) { ageLimits.append(age) }
        } else if !changeLimits.contains(age) {
            changeLimits.append(age)
        }
    }

    /// - Parameters:
    ///   - key: nil where its name is known only when evaluated.
    ///   - length: nil where it is known only when evaluated.
    mutating func add(_ function: HistoryCall.Function, of key: KeyName?, back length: Duration?) {
        switch function {
        case .last, .previous, .age, .since: break
        default:
            let lookBack = LookBack(key: key, length: length)
            if !lookBacks.contains(lookBack) { lookBacks.append(lookBack) }
        }
    }

    /// - Parameter window: nil where there is none, or where it is known only when evaluated.
    mutating func add(_ function: HistoryCall.Function, window: Duration?, isRelative: Bool) {
        switch function {
        case .last, .previous: break
        case .age, .since: repeats(every: Self.second)
        case .at: if isRelative { repeats(every: Self.minute) }
        default:
            // A sixtieth of the window: what leaves it at its far end moves the result by no more than that.
            let step = window.map { Duration.seconds($0.microseconds / 60_000_000) } ?? Self.second
            repeats(every: min(max(step, Self.second), Self.minute))
        }
    }

    private mutating func repeats(every interval: Duration) {
        step = step.map { min($0, interval) } ?? interval
    }
}

extension HistoryCall.Moment {
    var isRelative: Bool { if case .ago = self { true } else { false } }
    var ago: Duration? { if case .ago(let duration) = self { duration } else { nil } }
}
