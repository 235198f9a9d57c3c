package import Komoku
package import KomokuWire

extension PackedAgentReport {
    package init(_ definitions: [KeyDefinition], _ points: PackedPoints, facts: JSON? = nil, pull: UInt64 = 0) {
        self.init()
        self.definitions = definitions.map(PackedDefinition.init)
        self.points = points
        if let facts { self.facts = PackedValue(facts) }
        self.pull = pull
    }

    /// The keys that have to be there before the points are put.
    package func keys() throws(PackedFault) -> [KeyDefinition] {
        var keys: [KeyDefinition] = []
        for definition in definitions { keys.append(try definition.keyDefinition()) }
        return keys
    }
}

extension PackedDefinition {
    fileprivate init(_ definition: KeyDefinition) {
        self.init()
        key = definition.name
        type = definition.type?.string ?? ""
        var others = definition.options
        if let place = others.firstIndex(where: { $0.name == "unit" }), let unit = others[place].value.string {
            self.unit = unit
            others.remove(at: place)
        }
        if !others.isEmpty { options = PackedValue(.object(others)) }
    }

    fileprivate func keyDefinition() throws(PackedFault) -> KeyDefinition {
        var members = unit.isEmpty ? [] : [JSON.Member("unit", .string(unit))]
        if hasOptions {
            guard let others = try options.json().object else { throw .refused("'options' of '\(key)' is no map") }
            members += others
        }
        return KeyDefinition(name: key, type: type.isEmpty ? nil : .string(type), options: members)
    }
}
