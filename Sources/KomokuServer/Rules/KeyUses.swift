package import Komoku

/// Where the configuration names a key.
package struct KeyUses: Hashable, Sendable {
    package struct Use: Hashable, Sendable {
        /// Absolute, on the hub's machine.
        package var place: SourcePosition
        /// The section of the configuration: `rules`, `map`.
        package var section: String
        /// Of a rule or a script.
        package var name: String?
        package var form: Form
        /// As it is written there.
        package var text: String
        /// What to write there instead for another name; nil where that is for a person to decide.
        package var replacement: String?
        /// Why it is; a clause.
        package var reason: String?

        package init(
            place: SourcePosition, section: String, name: String? = nil, form: Form, text: String,
            replacement: String? = nil, reason: String? = nil
        ) {
            self.place = place
            self.section = section
            self.name = name
            self.form = form
            self.text = text
            self.replacement = replacement
            self.reason = reason
        }
    }

    /// How the key is meant.
    package enum Form: String, Hashable, Sendable {
        /// By its name.
        case key
        /// By a pattern that matches it.
        case pattern
        /// By a name that is put together when it is needed.
        case computed
    }

    /// In the order of the files and lines.
    package var uses: [Use]
    /// How many errors the configuration has now: with some, uses may be missing.
    package var errors: Int

    package init(_ uses: [Use] = [], errors: Int = 0) {
        self.uses = uses
        self.errors = errors
    }
}

extension KeyUses {
    func json(of key: KeyName) -> JSON {
        [
            "key": .string(key.text), "uses": .array(uses.map(\.json)), "errors": .number(Double(errors)),
        ]
    }
}

extension KeyUses.Use {
    fileprivate var json: JSON {
        var members: [JSON.Member] = [
            JSON.Member("file", .string(place.file)), JSON.Member("line", .number(Double(place.line))),
            JSON.Member("column", .number(Double(place.column))), JSON.Member("section", .string(section)),
        ]
        if let name { members.append(JSON.Member("name", .string(name))) }
        members.append(JSON.Member("as", .string(form.rawValue)))
        members.append(JSON.Member("text", .string(text)))
        if let replacement { members.append(JSON.Member("write", .string(replacement))) }
        if let reason { members.append(JSON.Member("reason", .string(reason))) }
        return .object(members)
    }
}
