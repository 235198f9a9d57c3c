public import Komoku

/// A group of figures that an agent reads together.
public enum AgentFact: String, Hashable, Sendable, CaseIterable {
    case cpu, memory, pressure, load, uptime, network, disks, filesystems, sensors, batteries, units, facts
    /// What waits in the agent's own outbox.
    case outbox

    /// How often it is read unless somebody says otherwise.
    public var usualPeriod: Komoku.Duration {
        switch self {
        case .cpu, .memory, .pressure, .load, .network, .disks: .seconds(10)
        case .uptime, .sensors, .filesystems, .batteries, .units, .outbox: .seconds(60)
        case .facts: .seconds(300)
        }
    }
}

/// Which of a machine's things an agent tells of: patterns with `*`.
public struct AgentNames: Shape, Hashable, WireValue {
    /// Empty is every one.
    public var include: [String] = []
    public var exclude: [String] = []

    public init() {}
    public init(include: [String] = [], exclude: [String] = []) { (self.include, self.exclude) = (include, exclude) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("include", &include, .unlessEmpty)
        try visit.list("exclude", &exclude, .unlessEmpty)
    }
}

/// What an agent collects, and how often; the hub says it to each.
public struct AgentSettings: Shape, Hashable, WireValue {
    /// What is told of each core beside all of them together.
    public enum Cores: String, Hashable, Sendable, CaseIterable, WireValue {
        case all, usage, none
    }

    /// How often the hub asks for a sign of life; zero is never.
    public var healthbeat = Komoku.Duration.seconds(10)
    /// How often each fact is read; zero is never. Of facts that are not named here what is usual.
    public var periods: [String: Komoku.Duration] = [:]
    public var cores = Cores.all
    public var interfaces = AgentNames(exclude: ["lo", "veth*", "docker*", "br-*"])
    public var disks = AgentNames(exclude: ["loop*", "ram*", "zram*", "sr*"])
    public var mounts = AgentNames()

    /// The shortest period.
    public static let shortest = Komoku.Duration.milliseconds(100)

    public init() {
        periods = Dictionary(uniqueKeysWithValues: AgentFact.allCases.map { ($0.rawValue, $0.usualPeriod) })
    }

    /// All facts at one period.
    public init(every period: Komoku.Duration) {
        self.init()
        for fact in AgentFact.allCases { self[fact] = period }
    }

    public subscript(fact: AgentFact) -> Komoku.Duration {
        get { periods[fact.rawValue] ?? fact.usualPeriod }
        set { periods[fact.rawValue] = newValue }
    }

    /// Those that are read at all.
    public var facts: Set<AgentFact> { Set(AgentFact.allCases.filter { self[$0] > .zero }) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("healthbeat", &healthbeat)
        try visit.always("periods", &periods)
        try visit.always("cores", &cores)
        try visit.always("interfaces", &interfaces)
        try visit.always("disks", &disks)
        try visit.always("mounts", &mounts)
        guard visit.isReading else { return }
        if ([healthbeat] + periods.values).contains(where: { $0 < .zero || ($0 > .zero && $0 < Self.shortest) }) {
            try visit.refuse(.invalidQuery("a period is 0, or at least \(Self.shortest.seconds) seconds"))
        }
    }
}
