internal import Komoku
internal import KomokuDesk

/// Something that a model may read.
struct MCPResource: Sendable {
    let uri: String
    let name: String
    let about: String
    let type: String
    /// Nil is made when it is asked for.
    let text: String?

    var json: JSON {
        ["uri": .string(uri), "name": .string(name), "description": .string(about), "mimeType": .string(type)]
    }

    static let all: [MCPResource] = [
        MCPResource(
            uri: "komoku://keys", name: "keys", about: "The first keys of the house, with values",
            type: "application/json",
            text: nil),
        MCPResource(
            uri: "komoku://devices", name: "devices", about: "The first devices of the house", type: "application/json",
            text: nil),
        MCPResource(
            uri: "komoku://docs/rules", name: "rules", about: "How rules are written", type: "text/markdown",
            text: Manual.rules),
        MCPResource(
            uri: "komoku://docs/expressions", name: "expressions", about: "The language of conditions and values",
            type: "text/markdown", text: Manual.expressions),
        MCPResource(
            uri: "komoku://docs/testing", name: "testing", about: "How rules are tested", type: "text/markdown",
            text: Manual.testing),
    ]

    static let templates: [JSON] = [
        [
            "uriTemplate": "komoku://keys/{key}", "name": "key",
            "description": "A key with its value, type and options",
            "mimeType": "application/json",
        ],
        [
            "uriTemplate": "komoku://devices/{device}", "name": "device", "description": "A device with its properties",
            "mimeType": "application/json",
        ],
    ]

    /// The tool that answers for a resource, and its arguments.
    static func question(of uri: String) -> (tool: String, arguments: JSON)? {
        let prefix = "komoku://"
        guard uri.hasPrefix(prefix) else { return nil }
        let words = uri.dropFirst(prefix.count).split(separator: "/", maxSplits: 1).map(String.init)
        let rest = words.count > 1 ? RequestTarget.decoded(words[1].utf8, plusIsSpace: false) : nil
        switch words.first {
        case "keys": return rest.map { ("get_key", ["key": .string($0)]) } ?? ("list_keys", .object([]))
        case "devices":
            return rest.map { ("list_devices", ["device": .string($0)]) } ?? ("list_devices", .object([]))
        default: return nil
        }
    }
}
