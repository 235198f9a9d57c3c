import Komoku
import KomokuWire
import NIOHTTP1
import Testing

@testable import KomokuServer

/// What the document of OpenAPI says of answers is so.
@Suite struct HTTPSchemaTests {
    @Test func everyAnswerInJSONIsDescribed() {
        for route in Route.all where route.types.contains(.json) {
            let schema = route.answerSchema
            let isDescribed = ["properties", "items", "additionalProperties"].contains { schema[$0] != nil }
            #expect(isDescribed, "\(route.method) \(route.path)")
        }
    }

    @Test func answersAreAsTheirSchemasSay() async throws {
        try await TestServer.run(rules: FakeRules()) { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PATCH", "/api/keys/a.b", #"{"type":"numeric","opts":{"unit":"W"}}"#)
            _ = try socket.request("PUT", "/api/keys/a.b", "1")
            _ = try socket.request("POST", "/api/keys/a.b/rename", #"{"to":"a.c"}"#)
            _ = try socket.request("PUT", "/api/keys/a.b", "1")
            for route in Route.all where route.method == .GET && route.types.first == .json {
                let path = route.path.segments.map { segment in
                    switch segment {
                    case .word(let word): word
                    case .capture("key"): "a.b"
                    case .capture("label"): "room"
                    case .capture: "heating"
                    }
                }
                var target = "/" + path.joined(separator: "/")
                if target.hasPrefix("/api/v1/query") { target += "?query=1&start=0&end=1&step=1" }
                if target.hasPrefix("/api/v1/series") { target += "?match[]=komoku_value" }
                let reply = try socket.request("GET", target)
                guard reply.status == 200 else { continue }
                let fault = Self.fault(of: reply.json, in: route.answerSchema)
                #expect(fault == nil, "\(target): \(fault ?? ""): \(reply.body.prefix(500))")
            }
        }
    }

    /// What of a value is not as a schema says; nil where all is.
    private static func fault(of json: JSON, in schema: JSON, at place: String = "") -> String? {
        if let type = schema["type"] {
            let types = (type.array ?? [type]).compactMap(\.string)
            guard types.contains(where: { json.isOf($0) }) else { return "\(place) is no \(types)" }
        }
        if let words = schema["enum"]?.array, !words.contains(json) { return "\(place) is another word" }
        for name in schema["required"]?.array ?? [] where json.object != nil && json[name.string ?? ""] == nil {
            return "\(place).\(name.text) is missing"
        }
        for member in json.object ?? [] {
            guard let own = schema["properties"]?[member.name] ?? schema["additionalProperties"] else { continue }
            if let fault = fault(of: member.value, in: own, at: "\(place).\(member.name)") { return fault }
        }
        guard let items = schema["items"] else { return nil }
        return json.array?.lazy.compactMap { fault(of: $0, in: items, at: "\(place)[]") }.first
    }
}

extension JSON {
    fileprivate func isOf(_ type: String) -> Bool {
        switch (self, type) {
        case (.string, "string"), (.number, "number"), (.bool, "boolean"), (.array, "array"), (.object, "object"),
            (.null, "null"):
            true
        case (.number(let number), "integer"): number == number.rounded()
        default: false
        }
    }
}
