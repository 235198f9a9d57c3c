package import Komoku

/// A topic made of a key: `komoku/{path}`, `cmnd/{key}/POWER`. `{key}` keeps the dots, `{path}` has slashes instead.
package struct TopicTemplate: Hashable, Sendable {
    package let text: String

    package struct Invalid: Error, Hashable, Sendable {
        package let reason: String
        package let remedy: String?
        package let offset: Int
    }

    package init(validating text: String) throws(Invalid) {
        let bytes = Array(text.utf8)
        if bytes.isEmpty { throw Invalid(reason: "it is empty", remedy: nil, offset: 0) }
        let wildcards = [UInt8(ascii: "+"), UInt8(ascii: "#"), 0]
        if let found = bytes.firstIndex(where: { wildcards.contains($0) }) {
            throw Invalid(reason: "a topic to publish to has no '+' and no '#'", remedy: nil, offset: found)
        }
        var index = 0
        while let open = bytes[index...].firstIndex(of: UInt8(ascii: "{")) {
            let close = bytes[open...].firstIndex(of: UInt8(ascii: "}")) ?? bytes.count
            let name = String(decoding: bytes[(open + 1)..<max(close, open + 1)], as: UTF8.self)
            guard close < bytes.count, name == "key" || name == "path" else {
                throw Invalid(
                    reason: "'{\(name.prefix(40))' is neither {key} nor {path}",
                    remedy: Suggestion.question(for: name, in: ["key", "path"]), offset: open)
            }
            index = close + 1
        }
        self.text = text
    }

    package func topic(for key: KeyName) -> String {
        text.replacing("{path}", with: Self.path(of: key)).replacing("{key}", with: key.text)
    }

    static func path(of key: KeyName) -> String {
        String(decoding: key.text.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
    }

    /// A filter for every topic that it makes, and perhaps some more.
    var filter: TopicFilter {
        var levels: [TopicFilter.Level] = []
        for level in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            let name = String(decoding: level, as: UTF8.self)
            if name.contains("{path}") { return TopicFilter(levels: levels + [.rest]) }
            levels.append(name.contains("{key}") ? .one : .literal(Array(level)))
        }
        return TopicFilter(levels: levels)
    }
}

/// One entry of the section `publish`: changes of these keys go to the broker.
package struct PublishRule: Sendable {
    package enum Payload: String, Hashable, Sendable, CaseIterable {
        /// The value as text.
        case value
        /// An object with key, value, time, type and unit.
        case json
    }

    package var keys: [KeyPattern]
    package var topic: TopicTemplate
    package var isRetained = true
    package var qos: Int32 = 1
    package var payload = Payload.value
    /// For keys whose value no other rule publishes.
    package var isImplied = false
    package var position: SourcePosition

    package init(keys: [KeyPattern], topic: TopicTemplate, position: SourcePosition) {
        self.keys = keys
        self.topic = topic
        self.position = position
    }
}

/// One entry of the section `commands`: puts of clients and rules to these keys go to devices.
package struct CommandRule: Sendable {
    package enum Payload: Hashable, Sendable {
        /// By the value as text.
        case table([[UInt8]: String])
        /// A text in which `{value}` and `{key}` are replaced.
        case template(String)
    }

    package var keys: [KeyPattern]
    package var topic: TopicTemplate
    package var payload = Payload.template("{value}")
    package var isRetained = false
    package var qos: Int32 = 1
    package var position: SourcePosition

    package init(keys: [KeyPattern], topic: TopicTemplate, position: SourcePosition) {
        self.keys = keys
        self.topic = topic
        self.position = position
    }

    /// Nil where the table has no word for the value.
    func payload(for value: Value, of key: KeyName) -> [UInt8]? {
        switch payload {
        case .table(let table):
            return table[Array(value.description.utf8)].map { Array($0.utf8) }
        case .template(let template):
            let isJSON = template.utf8.first == UInt8(ascii: "{") || template.utf8.first == UInt8(ascii: "[")
            let text = isJSON ? Self.escaped(value.description) : value.description
            // The key first: a value may hold the text "{key}".
            return Array(template.replacing("{key}", with: key.text).replacing("{value}", with: text).utf8)
        }
    }

    /// As it stands between the quotes of a JSON text.
    private static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSON.write(text, into: &bytes)
        return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
    }
}
