import Komoku
import Testing

@testable import KomokuServer

/// Models ask by the Model Context Protocol.
@Suite struct MCPTests {
    private static func call(_ socket: RawSocket, _ method: String, _ parameters: String = "{}") throws -> JSON {
        let body = #"{"jsonrpc":"2.0","id":7,"method":"\#(method)","params":\#(parameters)}"#
        let reply = try socket.request("POST", "/mcp", body, headers: ["Accept: application/json, text/event-stream"])
        #expect(reply.json["id"] == 7, "\(reply.body)")
        return reply.json["result"] ?? reply.json["error"] ?? .null
    }

    @Test func aClientLearnsWhatThereIs() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            let hello = try Self.call(
                socket, "initialize",
                #"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"1"}}"#)
            #expect(hello["protocolVersion"] == "2025-06-18")
            let told = try socket.request(
                "POST", "/mcp", #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            #expect(told.status == 202 && told.body.isEmpty)
            let tools = try Self.call(socket, "tools/list")["tools"]?.array ?? []
            #expect(tools.count == MCPTool.all.count && tools.count >= 16)
            for tool in tools {
                #expect(tool["inputSchema"]?["type"] == "object")
                #expect(tool["description"]?.string?.isEmpty == false)
            }
            let resources = try Self.call(socket, "resources/list")["resources"]?.array ?? []
            for resource in resources {
                let uri = resource["uri"]?.string ?? ""
                let text = try Self.call(socket, "resources/read", #"{"uri":"\#(uri)"}"#)["contents"]?.array?.first?[
                    "text"]
                #expect(text?.string?.isEmpty == false, "\(uri)")
            }
        }
    }

    @Test func aToolAnswersAsItsRouteDoes() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PATCH", "/api/keys/hall.lux", #"{"type":"numeric"}"#)
            let put = try Self.call(
                socket, "tools/call", #"{"name":"put_value","arguments":{"key":"hall.lux","value":12.5}}"#)
            #expect(put["isError"] == nil, "\(put.text)")
            let told = try Self.call(socket, "tools/call", #"{"name":"get_key","arguments":{"key":"hall.lux"}}"#)
            #expect(told["structuredContent"]?["value"] == 12.5)
            let points = try Self.call(
                socket, "tools/call", #"{"name":"history","arguments":{"key":"hall.lux","since":"-1h","limit":5}}"#)
            #expect(points["structuredContent"]?["points"]?.array?.count == 1)
            let key = try Self.call(socket, "resources/read", #"{"uri":"komoku://keys/hall.lux"}"#)
            #expect(key["contents"]?.array?.first?["text"]?.string?.contains("12.5") == true)
        }
    }

    @Test(arguments: [
        (#"{"name":"get_key","arguments":{"key":"none.here"}}"#, "invalid_key: there is no key 'none.here'"),
        (#"{"name":"get_key","arguments":{}}"#, "'key' is missing"),
        (#"{"name":"get_key","arguments":{"key":"a b"}}"#, "cannot be the name of a key"),
        (#"{"name":"history","arguments":{"key":"hall.lux","since":"soon"}}"#, "'since' is a time"),
        (#"{"name":"list_keys","arguments":{"colour":"red"}}"#, "has no 'colour'"),
    ])
    func aModelIsToldWhatToDoOtherwise(call: String, sentence: String) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PATCH", "/api/keys/hall.lux", #"{"type":"numeric"}"#)
            let answer = try Self.call(socket, "tools/call", call)
            #expect(answer["isError"] == true)
            #expect(answer["content"]?.array?.first?["text"]?.string?.contains(sentence) == true, "\(answer.text)")
        }
    }

    @Test(arguments: [
        ("{", 400, -32700), ("[]", 400, -32600), (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, 400, -32600),
        (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, 400, -32600), (#"{"jsonrpc":"2.0","id":1}"#, 400, -32600),
        (#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, 200, -32602),
        (#"{"jsonrpc":"2.0","id":1,"method":"nothing"}"#, 200, -32601),
        (#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nothing"}}"#, 200, -32602),
        (#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"komoku://no/thing"}}"#, 200, -32002),
        (#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///etc/passwd"}}"#, 200, -32002),
    ])
    func garbageIsAnsweredWithItsCode(body: String, status: Int, code: Int) async throws {
        try await TestServer.run { server in
            let reply = try RawSocket(port: server.v2).request("POST", "/mcp", body)
            #expect(reply.status == status && reply.json["error"]?["code"]?.number == Double(code), "\(reply.body)")
        }
    }

    @Test func aLongAnswerIsNotGivenToAModel() async throws {
        try await TestServer.run { server in
            let client = try RawSocket.webSocket(port: server.v2)
            _ = try client.ask(#"{"define":{"hall.lux":{"type":"numeric"}}}"#)
            try client.put("hall.lux", (0..<6000).map { (1_600_000_000 + Double($0), .number(Double($0))) })
            let socket = try RawSocket(port: server.v2)
            let answer = try Self.call(
                socket, "tools/call",
                #"{"name":"history","arguments":{"key":"hall.lux","since":1600000000,"limit":6000}}"#)
            #expect(answer["isError"] == true)
            #expect(answer.text.utf8.count < 1000 && answer.text.contains("Ask for less"))
        }
    }
}
