/// The options of a key, as they were defined, and what they mean.
public struct KeyOptions: Hashable, Sendable {
    /// Every member as it was defined, ordered by name.
    public private(set) var defined: [JSON.Member] = []

    /// A same-valued put nearer than this to the newest stored point is no point.
    public private(set) var sameValueResolution = Duration.seconds(60)
    /// A newest put nearer than this to the newest stored point replaces that point's value; zero is off.
    public private(set) var minResolution = Duration.zero
    /// How long an uptime key stays true without news; nil is until it is told otherwise.
    public private(set) var maxTime: Duration? = .seconds(60)
    /// Without news for so long the key is stale; nil is never.
    public private(set) var expectEvery: Duration?
    /// Decimals that a number keeps exactly, 0 to 15.
    public private(set) var precision: Int?
    /// The value holds by itself: it is known also where the hub, or the broker, was away.
    public private(set) var holdsThroughOutages = false
    public private(set) var unit: String?
    /// The texts that a string key takes; nil is any.
    public private(set) var values: [String]?
    /// Every put is a point and a change, equal ones too.
    public private(set) var isEvent = false
    /// A string key whose texts are a log: none is left out, and old ones go by `keep` and `keepFor`.
    public private(set) var isLog = false
    /// How many points of a log are kept; nil is all.
    public private(set) var keep: Int?
    /// How long the points of a log are kept; nil is for ever.
    public private(set) var keepFor: Duration?
    /// What the readings of a counter say.
    public private(set) var counterKind = CounterKind.total
    /// The number at which a counter rolls over to 0.
    public private(set) var modulus: Double?
    /// How fast a counter can rise.
    public private(set) var maximumRate: CounterRate?
    /// The key of power whose energy a counter is.
    public private(set) var integral: PowerIntegral?

    /// The most that a client may define for a key: what means nothing to the hub is kept too, and shown with the key.
    public static let maximumCount = 64
    public static let maximumBytes = 16 << 10

    public var isTooLarge: Bool {
        defined.count > Self.maximumCount || JSON.object(defined).bytes.count > Self.maximumBytes
    }

    public init() {}

    /// - Throws: `CommandError.invalidValue` where there is no such option, or it has a value that it cannot take.
    public init(_ members: [JSON.Member]) throws(CommandError) {
        for member in members { try set(member.name, to: member.value) }
    }

    /// What was defined once: what is no option, or no more, is left out.
    public init(keptBefore members: [JSON.Member]) {
        for member in members { try? set(member.name, to: member.value) }
    }

    /// Adds members to those defined before; of one name the new value counts.
    public func merging(_ members: [JSON.Member]) throws(CommandError) -> KeyOptions {
        var merged = self
        for member in members { try merged.set(member.name, to: member.value) }
        return merged
    }

    private mutating func set(_ name: String, to value: JSON) throws(CommandError) {
        switch name {
        case "same_value_resolution": sameValueResolution = try Self.seconds(value, positive: false)
        case "min_resolution": minResolution = try Self.seconds(value, positive: false)
        case "max_time": maxTime = try Self.secondsOrNever(value)
        case "expect_every": expectEvery = try Self.secondsOrNever(value)
        case "precision":
            guard case .number(let number) = value, let decimals = Int(exactly: number), 0...15 ~= decimals
            else { throw .invalidValue }
            precision = decimals
        case "unit":
            guard case .string(let text) = value else { throw .invalidValue }
            unit = text
        case "through_outage":
            guard let word = value.string, ["known", "unknown"].contains(word) else { throw .invalidValue }
            holdsThroughOutages = word == "known"
        case "values": values = try Self.texts(value)
        case "event": isEvent = try Self.flag(value)
        case "log": isLog = try Self.flag(value)
        case "keep":
            guard case .number(let number) = value, let count = Int(exactly: number), count > 0
            else { throw .invalidValue }
            keep = count
        case "keep_for": keepFor = try Self.seconds(value, positive: true)
        default: guard try setCounter(name, to: value) else { throw .invalidValue }
        }
        remember(JSON.Member(name, value))
    }

    /// - Returns: whether there is such an option of counters.
    private mutating func setCounter(_ name: String, to value: JSON) throws(CommandError) -> Bool {
        switch name {
        case "kind":
            guard let text = value.string, let kind = CounterKind(rawValue: text) else { throw .invalidValue }
            counterKind = kind
        case "modulus":
            guard case .number(let number) = value, number > 0, number.isFinite else { throw .invalidValue }
            modulus = number
        case "integrate":
            guard let integral = PowerIntegral(value) else { throw .invalidValue }
            self.integral = integral
            if unit == nil { try set("unit", to: .string(integral.unit.name)) }
        case "max_rate":
            guard let rate = CounterRate(value) else { throw .invalidValue }
            maximumRate = rate
        default: return false
        }
        return true
    }

    private mutating func remember(_ member: JSON.Member) {
        let index = defined.firstIndex { !$0.name.utf8.lexicographicallyPrecedes(member.name.utf8) } ?? defined.count
        if index < defined.count, defined[index].name.utf8.elementsEqual(member.name.utf8) {
            defined[index] = member
        } else {
            defined.insert(member, at: index)
        }
    }

    private static func seconds(_ value: JSON, positive: Bool) throws(CommandError) -> Duration {
        guard case .number(let number) = value, positive ? number > 0 : number >= 0,
            let duration = Duration(seconds: number)
        else { throw .invalidValue }
        return duration
    }

    private static func secondsOrNever(_ value: JSON) throws(CommandError) -> Duration? {
        if case .null = value { return nil }
        let duration = try seconds(value, positive: true)
        // Less than half a microsecond.
        guard duration > .zero else { throw .invalidValue }
        return duration
    }

    private static func flag(_ value: JSON) throws(CommandError) -> Bool {
        guard case .bool(let flag) = value else { throw .invalidValue }
        return flag
    }

    private static func texts(_ value: JSON) throws(CommandError) -> [String] {
        guard case .array(let items) = value, !items.isEmpty else { throw .invalidValue }
        var texts: [String] = []
        for item in items {
            guard case .string(let text) = item else { throw .invalidValue }
            texts.append(text)
        }
        return texts
    }

    /// The defined members with the defaults of `type` filled in, ordered by name.
    public func filledIn(for type: KeyType) -> [JSON.Member] {
        var members = defined
        func fill(_ name: String, _ duration: Duration) {
            if !members.contains(where: { $0.name == name }) {
                members.append(JSON.Member(name, .number(duration.seconds)))
            }
        }
        fill("same_value_resolution", sameValueResolution)
        fill("min_resolution", minResolution)
        if type == .uptime, let maxTime { fill("max_time", maxTime) }
        return members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }
}
