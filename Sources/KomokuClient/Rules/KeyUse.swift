public import Komoku

/// A place of the hub's configuration that names a key.
public struct KeyUse: Hashable, Sendable {
    /// An absolute path on the hub's machine.
    public let file: String
    /// From 1.
    public let line: Int
    /// From 1, in characters.
    public let column: Int
    /// The section: `rules`, `map`.
    public let section: String
    /// Of the rule or the script.
    public let name: String?
    /// `key`, `pattern` where a pattern matches it, `computed` where the name is put together when it is needed.
    public let form: String
    /// As it is written there.
    public let text: String
    /// What to write there for the new name; nil where a person has to decide.
    public let replacement: String?
    /// Why; a clause.
    public let reason: String?

    init?(_ json: JSON) {
        guard let file = json["file"]?.string, let line = json["line"]?.number.flatMap({ Int(exactly: $0) }),
            let column = json["column"]?.number.flatMap({ Int(exactly: $0) }), let text = json["text"]?.string
        else { return nil }
        (self.file, self.line, self.column, self.text) = (file, line, column, text)
        (section, form) = (json["section"]?.string ?? "", json["as"]?.string ?? "key")
        (name, replacement, reason) = (json["name"]?.string, json["write"]?.string, json["reason"]?.string)
    }
}

/// Where the configuration names a key.
public struct KeyUses: Sendable {
    /// In the order of the files and lines.
    public let uses: [KeyUse]
    /// Of the configuration as the files are now; with some, uses may be missing.
    public let errors: Int
    /// The whole answer.
    public let json: JSON

    public init(uses: [KeyUse] = [], errors: Int = 0, json: JSON = [:]) {
        (self.uses, self.errors, self.json) = (uses, errors, json)
    }
}

extension Client {
    /// Where the configuration, as its files are now, names a key.
    ///
    /// - Parameter new: what it shall be called; then the answer says what to write.
    public func uses(of key: String, as new: String? = nil) async throws(ClientError) -> KeyUses {
        var body = [JSON.Member("key", .string(key))]
        if let new { body.append(JSON.Member("to", .string(new))) }
        let answer = try await request("uses", .object(body))
        guard let uses = answer["uses"]?.array else { throw Self.unshaped }
        let errors = answer["errors"]?.number.flatMap { Int(exactly: $0) } ?? 0
        return KeyUses(uses: uses.compactMap(KeyUse.init), errors: errors, json: answer)
    }

    /// What became of a name that a key had before; nil where a key has it, or none ever had.
    public func newName(of former: String) async throws(ClientError) -> String? {
        let renames = try await request("renames", [:])["renames"]?.array ?? []
        return renames.first { $0["key"]?.string?.utf8.elementsEqual(former.utf8) ?? false }?["to"]?.string
    }
}
