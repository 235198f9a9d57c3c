internal import Komoku
internal import KomokuWire
package import KomokuYAML

extension AgentsConfiguration {
    /// Reads the section `agents`; what is wrong goes to the reader's report.
    package static func read(_ settings: SettingsReader) -> AgentsConfiguration {
        var agents = AgentsConfiguration()
        guard let section = settings.mapping("agents") else { return agents }
        if let usual = section.mapping("default") { agents.usual = Layer(usual) }
        for grouping in Grouping.allCases {
            for entry in section.mapping(grouping.section)?.entries ?? [] {
                guard let name = entry.key.value(.nonEmptyString), let reader = entry.value.reader() else { continue }
                agents.groups[grouping, default: [:]][name] = Layer(reader)
                reader.finish()
            }
        }
        for entry in section.mapping("hosts")?.entries ?? [] {
            guard let name = entry.key.value(.agentName), let reader = entry.value.reader() else { continue }
            var host = Host(layer: Layer(reader))
            for grouping in Grouping.allCases {
                host.attributes[grouping.rawValue] = reader.value(grouping.rawValue, .nonEmptyString)
            }
            agents.hosts[name] = host
            reader.finish()
        }
        return agents
    }
}

extension AgentsConfiguration.Layer {
    fileprivate init(_ reader: SettingsReader) {
        healthbeat = reader.value("healthbeat", .period)
        every = reader.value("every", .period)
        for fact in AgentFact.allCases {
            guard let setting = reader.setting(fact.rawValue) else { continue }
            guard setting.node.isMapping, let section = reader.mapping(fact.rawValue) else {
                periods[fact] = setting.value(.period)
                continue
            }
            periods[fact] = section.value("every", .period)
            switch fact {
            case .cpu: cores = section.value("cores", .word)
            case .network: interfaces = Self.names(section)
            case .disks: disks = Self.names(section)
            case .filesystems: mounts = Self.names(section)
            default: break
            }
        }
    }

    /// Nil where nothing is said of them.
    private static func names(_ section: SettingsReader) -> AgentNames? {
        guard section.has("include") || section.has("exclude") else { return nil }
        return AgentNames(
            include: section.list("include", of: .nonEmptyString), exclude: section.list("exclude", of: .nonEmptyString)
        )
    }
}

extension YAMLNode {
    fileprivate var isMapping: Bool { if case .mapping = content { true } else { false } }
}

extension SettingType where Value == Komoku.Duration {
    /// How often something is done.
    fileprivate static var period: SettingType {
        .text("a period such as 10s or 5m, or off") { text throws(Setting.Invalid) in
            if text == "off" || text == "0" { return .zero }
            guard let period = try? Komoku.Duration(parsing: text), period >= AgentSettings.shortest else {
                throw Setting.Invalid("it is no time of at least 100ms", remedy: "write 10s or 5m, or off")
            }
            return period
        }
    }
}

extension SettingType where Value == String {
    fileprivate static var agentName: SettingType {
        .text("the name or the id of an agent") { text throws(Setting.Invalid) in
            if AgentName.isOne(text) { return text }
            throw Setting.Invalid("it is one part of keys: 'attic' of 'hosts.attic.online'")
        }
    }
}
