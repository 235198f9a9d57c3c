internal import Komoku
internal import KomokuWire

/// Agents as a table, and one in full.
struct AgentsShown {
    private let agents: [AgentDescription]
    private let now: Timestamp

    init(_ agents: [AgentDescription], now: Timestamp) { (self.agents, self.now) = (agents, now) }

    func lines(on screen: Screen) -> [String] {
        let columns = [
            TextTable.Column(title: "name", cells: agents.map(\.name.printable), isRight: false),
            TextTable.Column(title: "id", cells: agents.map(\.id.printable), isRight: false),
            TextTable.Column(title: "connected", cells: agents.map { $0.isConnected ? "yes" : "no" }, isRight: false),
            TextTable.Column(title: "seen", cells: agents.map { LocalTime.age(of: $0.lastSeen, now: now) }),
            TextTable.Column(title: "version", cells: agents.map(\.version.printable), isRight: false),
            TextTable.Column(title: "address", cells: agents.map(\.address.printable), isRight: false),
            TextTable.Column(title: "belongs to", cells: agents.map { Self.text(of: $0.attributes) }, isRight: false),
        ]
        return TextTable(columns: columns).lines(on: screen)
            + agents.compactMap { agent in agent.notice.map { "! \($0.printable)" } }
    }

    static func rows(of agent: AgentDescription, now: Timestamp) -> [[String]] {
        var rows = [
            ["name", agent.name.printable], ["id", agent.id.printable], ["host name", agent.hostname.printable],
            ["version", agent.version.printable], ["connected", agent.isConnected ? "yes" : "no"],
            ["last seen", "\(LocalTime.text(agent.lastSeen)), \(LocalTime.age(of: agent.lastSeen, now: now))"],
            ["first seen", LocalTime.text(agent.firstSeen)], ["address", agent.address.printable],
        ]
        if !agent.attributes.isEmpty { rows.append(["belongs to", text(of: agent.attributes)]) }
        if let notice = agent.notice { rows.append(["notice", notice.printable]) }
        for fact in agent.facts?.object ?? [] {
            rows.append([fact.name.printable, (fact.value.string ?? fact.value.text).printable])
        }
        return rows
    }

    private static func text(of attributes: [String: String]) -> String {
        attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ").printable
    }

    /// As the configuration would say it.
    static func text(of config: AgentSettings) -> String {
        func names(_ names: AgentNames) -> String {
            var text = ""
            for (word, list) in [("include", names.include), ("exclude", names.exclude)] where !list.isEmpty {
                text += ", \(word): [\(list.map { JSON.string($0).text }.joined(separator: ", "))]"
            }
            return text
        }
        func period(_ period: Komoku.Duration) -> String { period > .zero ? "\(period)" : "off" }
        var lines = ["healthbeat: \(period(config.healthbeat))"]
        for fact in AgentFact.allCases {
            let other: String =
                switch fact {
                case .cpu: config.cores == .all ? "" : ", cores: \(config.cores.rawValue)"
                case .network: names(config.interfaces)
                case .disks: names(config.disks)
                case .filesystems: names(config.mounts)
                default: ""
                }
            let text = period(config[fact])
            lines.append("\(fact.rawValue): " + (other.isEmpty ? text : "{every: \(text)\(other)}"))
        }
        return lines.joined(separator: "\n")
    }
}
