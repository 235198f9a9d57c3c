package import Komoku
internal import KomokuExpression
package import KomokuHub
package import KomokuRules
internal import KomokuStore

/// The keys that the configuration can make and those that the house has, for checking rules.
package struct KeyDirectory {
    private let hub: Hub.Configuration
    private let catalogue: KeyCatalogue?
    private let brought: Brought

    /// What the broker brings and takes.
    package struct Brought: Sendable {
        /// The names that mappings and commands have.
        package var names: [KeyName]
        /// The keys that commands name.
        package var commanded: Set<KeyName>
        /// Devices may bring keys that nobody has heard of yet.
        package var mayDiscover: Bool

        package init(names: [KeyName] = [], commanded: Set<KeyName> = [], mayDiscover: Bool = false) {
            (self.names, self.commanded, self.mayDiscover) = (names, commanded, mayDiscover)
        }
    }

    /// - Parameter catalogue: of the house; nil where it is not known.
    package init(hub: Hub.Configuration, brought: Brought, catalogue: KeyCatalogue? = nil) {
        (self.hub, self.brought, self.catalogue) = (hub, brought, catalogue)
    }

    package var environment: RuleEnvironment {
        var environment = RuleEnvironment(
            key: declaration, candidates: { names }, offers: hub.location == nil ? Offers.all.subtracting(.sun) : .all,
            mayDiscover: brought.mayDiscover)
        // Of a house that is not known it is not known either which of its keys have a value.
        environment.warnsOfUnknown = catalogue != nil
        guard let catalogue else { return environment }
        environment.entry = { catalogue[$0] }
        environment.hasValue = { catalogue[$0]?.hasValue ?? false }
        environment.isMissing = isMissing
        environment.knowsHouse = true
        if !catalogue.formerNames.isEmpty {
            let zone = (try? ZoneFiles().zone(named: hub.timeZone ?? "local")) ?? .utc
            environment.formerName = { name in
                formerName(name).map { .init($0.name, fate: $0.fate(in: zone)) }
            }
        }
        return environment
    }

    var knowsHouse: Bool { catalogue != nil }

    /// The type and the unit of a key, as far as they are known; nil where no section can make it and the house has not got it.
    func nature(of name: KeyName) -> (type: KeyType?, unit: String?)? {
        let mapped = hub.sources.maker(of: name)
        let options = try? KeyOptions((mapped?.options ?? []) + hub.options(of: name))
        if let entry = catalogue?[name] { return (entry.type, options?.unit ?? entry.unit) }
        guard declaration(of: name) != nil else { return nil }
        let type = (mapped?.isNamed == true ? mapped?.type : nil) ?? hub.keys.entry(named: name)?.type
        return (type ?? hub.type(of: name), options?.unit)
    }

    var names: [KeyName] {
        var names = Set(hub.keys.compactMap(\.pattern.name) + brought.names)
        if let catalogue { names.formUnion(catalogue.names) }
        return names.sorted()
    }

    /// Nil where no section can make the key, and the house has not got it.
    func declaration(of name: KeyName) -> RuleEnvironment.Declaration? {
        let options = try? KeyOptions((hub.sources.maker(of: name)?.options ?? []) + hub.options(of: name))
        // Under a name that it had before it is meant all the same, of the type that it has.
        guard let entry = catalogue?[name] ?? formerName(name).flatMap({ catalogue?[$0.name] }) else {
            return configured(name, options)
        }
        var declaration = RuleEnvironment.Declaration(
            ValueKind(entry.type), values: options?.values ?? entry.values, unit: options?.unit ?? entry.unit)
        declaration.isEvent = entry.isEvent
        declaration.goesStale = entry.isTimed || options?.expectEvery != nil
        declaration.isWritable = entry.access != .report
        if let low = entry.minimum ?? entry.maximum.map({ _ in -.infinity }), low <= entry.maximum ?? .infinity {
            declaration.range = low...(entry.maximum ?? .infinity)
        }
        return declaration
    }

    private func configured(_ name: KeyName, _ options: KeyOptions?) -> RuleEnvironment.Declaration? {
        let mapped = hub.sources.maker(of: name)
        let entry = hub.keys.entry(named: name)
        // Which keys devices bring, and of which type, only they can say; and what a mapping makes of topics that no message
        // came on says nothing of the keys that somebody else makes.
        let mayBeDiscovered = brought.mayDiscover
        let type = (mapped?.isNamed == true ? mapped?.type : nil) ?? entry?.type ?? hub.type(of: name)
        let isNamed = entry != nil || brought.commanded.contains(name)
        guard mapped != nil || type != nil || isNamed || mayBeDiscovered else { return nil }
        var declaration = RuleEnvironment.Declaration(
            type.map(ValueKind.init), values: options?.values, unit: options?.unit)
        let isKnown = !mayBeDiscovered || mapped?.isNamed == true || options?.isEvent == true
        if isKnown {
            declaration.isEvent = options?.isEvent
            declaration.goesStale = type == .uptime || options?.expectEvery != nil
        }
        return declaration
    }

    /// What became of a name that no key has now.
    private func formerName(_ name: KeyName) -> FormerName? {
        guard let catalogue, !catalogue.formerNames.isEmpty, catalogue[name] == nil else { return nil }
        return catalogue.formerNames[name]
    }

    /// Whether the house has not got a key, and the configuration does not name it.
    func isMissing(_ name: KeyName) -> Bool {
        catalogue?[name] == nil && formerName(name) == nil && hub.keys.entry(named: name) == nil
            && !brought.commanded.contains(name)
            && hub.sources.maker(of: name)?.isNamed != true
    }
}
