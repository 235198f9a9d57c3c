public import Komoku

/// A key as `define`, `export` and `import` have it: `NAME:{"type":T, …options}`, or with the options in `opts`.
public struct KeyDefinition: Hashable, Sendable {
    /// As it was sent; whether it is a name is another matter.
    public var name: String
    /// As it was sent; nil where it was not.
    public var type: JSON?
    public var options: [JSON.Member]

    public init(name: String, type: JSON?, options: [JSON.Member] = []) {
        (self.name, self.type, self.options) = (name, type, options)
    }

    public init(name: String, type: KeyType, options: [JSON.Member] = []) {
        self.init(name: name, type: .string(type.rawValue), options: options)
    }

    init(_ member: JSON.Member) throws(Refusal) {
        guard let all = member.value.object else { throw .invalidQuery }
        // Nested options come last, so that they win.
        var options = all.filter { $0.name != "type" && $0.name != "opts" }
        if let nested = member.value["opts"], !nested.isNull {
            guard let nested = nested.object else { throw .invalidQuery }
            options += nested
        }
        self.init(name: member.name, type: member.value["type"], options: options)
    }

    /// As an export has it: what is neither the type nor among the options is of a newer hub.
    init?(exported member: JSON.Member) {
        guard let type = member.value["type"] else { return nil }
        self.init(name: member.name, type: type, options: member.value["opts"]?.object ?? [])
    }

    /// With the options nested.
    package var member: JSON.Member {
        let type = type.map { [JSON.Member("type", $0)] } ?? []
        let options = options.isEmpty ? [] : [JSON.Member("opts", .object(options))]
        return JSON.Member(name, .object(type + options))
    }
}

extension [KeyDefinition] {
    /// Reads `{NAME:{"type":T, …}, …}`; of definitions of the same name the last counts, as with all members of an object.
    package init(wire json: JSON) throws(Refusal) {
        guard let members = json.object else { throw .invalidQuery }
        var definitions: [KeyDefinition] = []
        for member in members { definitions.append(try KeyDefinition(member)) }
        var seen: Set<[UInt8]> = []
        self = definitions.reversed().filter { seen.insert(Array<UInt8>($0.name.utf8)).inserted }.reversed()
    }

    package var wire: JSON { .object(map(\.member)) }
}
