internal import Komoku
internal import KomokuWire

/// What the configuration says of agents: what each collects, and how often.
package struct AgentsConfiguration: Hashable, Sendable {
    /// What is said in one place; what it does not say is as before.
    struct Layer: Hashable, Sendable {
        var healthbeat: Komoku.Duration?
        var every: Komoku.Duration?
        var periods: [AgentFact: Komoku.Duration] = [:]
        var cores: AgentSettings.Cores?
        var interfaces: AgentNames?
        var disks: AgentNames?
        var mounts: AgentNames?

        func apply(to settings: inout AgentSettings) {
            settings.healthbeat = healthbeat ?? settings.healthbeat
            if let every { for fact in AgentFact.allCases { settings[fact] = every } }
            for (fact, period) in periods { settings[fact] = period }
            settings.cores = cores ?? settings.cores
            settings.interfaces = interfaces ?? settings.interfaces
            settings.disks = disks ?? settings.disks
            settings.mounts = mounts ?? settings.mounts
        }
    }

    /// One machine, by the name or the id of its agent.
    struct Host: Hashable, Sendable {
        var layer = Layer()
        /// Where it belongs, whatever it says itself.
        var attributes: [String: String] = [:]
    }

    /// An attribute by which machines belong together, with the section of those that have it.
    enum Grouping: String, CaseIterable, Sendable {
        case region, zone
        case dataCentre = "data_centre"
        case group

        var section: String { rawValue + "s" }
    }

    var usual = Layer()
    var groups: [Grouping: [String: Layer]] = [:]
    var hosts: [String: Host] = [:]

    package init() {}

    /// What the section says of a machine; its id wins over its name.
    private func host(id: String, name: String) -> Host? { hosts[id] ?? hosts[name] }

    /// Where a machine belongs.
    ///
    /// - Parameter known: what it says, and what somebody set.
    func attributes(id: String, name: String, known: [String: String]) -> [String: String] {
        known.merging(host(id: id, name: name)?.attributes ?? [:]) { $1 }
    }

    /// What a machine collects: as is usual, then as its region, zone, data centre and group have it, then by itself.
    func settings(id: String, name: String, attributes: [String: String]) -> AgentSettings {
        var settings = AgentSettings()
        usual.apply(to: &settings)
        for grouping in Grouping.allCases {
            if let value = attributes[grouping.rawValue] { groups[grouping]?[value]?.apply(to: &settings) }
        }
        host(id: id, name: name)?.layer.apply(to: &settings)
        return settings
    }
}
