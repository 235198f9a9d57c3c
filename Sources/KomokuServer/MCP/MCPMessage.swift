internal import Komoku
internal import KomokuWire

/// A message of JSON-RPC 2.0, as the Model Context Protocol has it.
struct MCPMessage: Sendable {
    /// Nil is a notification, which has no answer.
    let id: JSON?
    let method: String
    let parameters: JSON

    /// - Throws: where it is none.
    init(_ json: JSON) throws(MCPError) {
        guard json.object != nil, json["jsonrpc"] == "2.0" else {
            throw MCPError(.invalidRequest, "a message is an object of JSON-RPC 2.0")
        }
        id = json["id"]
        switch id {
        case nil, .string?, .number?: break
        default: throw MCPError(.invalidRequest, "an 'id' is a text or a number")
        }
        guard let method = json["method"]?.string else {
            throw MCPError(
                .invalidRequest, "'method' is missing; this server asks nothing, so that it needs no answers")
        }
        self.method = method
        parameters = json["params"] ?? .object([])
        guard parameters.object != nil else { throw MCPError(.invalidParameters, "'params' is an object") }
    }

    static func answer(_ id: JSON?, _ result: JSON) -> JSON { ["jsonrpc": "2.0", "id": id ?? .null, "result": result] }
}

/// Why a message was not carried out.
struct MCPError: Error, Hashable, Sendable {
    enum Code: Int, Hashable, Sendable {
        case invalidJSON = -32700
        case invalidRequest = -32600
        case unknownMethod = -32601
        case invalidParameters = -32602
        case internalError = -32603
        case unknownResource = -32002
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) { (self.code, self.message) = (code, message) }

    func answer(_ id: JSON?) -> JSON {
        [
            "jsonrpc": "2.0", "id": id ?? .null,
            "error": ["code": .number(Double(code.rawValue)), "message": .string(message)],
        ]
    }
}
