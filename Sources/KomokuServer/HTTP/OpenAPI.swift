internal import Komoku
internal import NIOHTTP1

/// Describes the routes to programs (OpenAPI 3.1).
enum OpenAPI {
    /// The text of the document.
    static let text = document.bytes

    static let document: JSON = [
        "openapi": "3.1.0",
        "info": [
            "title": "Komoku", "version": .string(Release.version),
            "description":
                "The HTTP API of a Komoku hub. Errors are problem details (RFC 9457) whose 'code' is a word for programs.",
        ],
        "tags": .array(Route.Group.allCases.map { ["name": .string($0.title)] }),
        "paths": paths,
        "components": [
            "schemas": ["Problem": problem],
            "securitySchemes": [
                "bearer": ["type": "http", "scheme": "bearer"], "basic": ["type": "http", "scheme": "basic"],
            ],
        ],
        "security": [.object([]), ["bearer": []], ["basic": []]],
    ]

    private static let problem: JSON = [
        "type": "object", "required": ["title", "status", "code"],
        "properties": [
            "title": ["type": "string"], "status": ["type": "integer"],
            "code": ["type": "string", "description": "a word for programs, the same as on the WebSocket"],
            "detail": ["type": "string", "description": "a sentence for people that says what to do"],
        ],
    ]

    private static var paths: JSON {
        var names: [String] = []
        var items: [String: [JSON.Member]] = [:]
        for route in Route.all {
            let path = route.path.description
            if items[path] == nil { names.append(path) }
            items[path, default: []].append(JSON.Member(route.method.rawValue.lowercased(), operation(route)))
        }
        return .object(names.map { JSON.Member($0, .object(items[$0] ?? [])) })
    }

    private static func operation(_ route: Route) -> JSON {
        var members: [JSON.Member] = [
            JSON.Member("operationId", .string(route.id)), JSON.Member("tags", [.string(route.group.title)]),
            JSON.Member("summary", .string(route.title)),
        ]
        let placed = route.parameters.filter { $0.place != .body }
        if !placed.isEmpty { members.append(JSON.Member("parameters", .array(placed.map(parameter)))) }
        if let body = body(of: route) { members.append(JSON.Member("requestBody", body)) }
        members.append(JSON.Member("responses", responses(of: route)))
        if route.admission == .anybody { members.append(JSON.Member("security", .array([]))) }
        return .object(members)
    }

    private static func parameter(_ parameter: Parameter) -> JSON {
        var members: [JSON.Member] = [
            JSON.Member("name", .string(parameter.name)), JSON.Member("in", .string(parameter.place.rawValue)),
            JSON.Member("required", .bool(parameter.isRequired)), JSON.Member("description", .string(parameter.text)),
            JSON.Member("schema", parameter.schema),
        ]
        // Separated by commas.
        if case .array = parameter.schema["items"].map({ JSON.array([$0]) }) ?? .null {
            members.append(JSON.Member("style", "form"))
            members.append(JSON.Member("explode", false))
        }
        return .object(members)
    }

    private static func body(of route: Route) -> JSON? {
        if route.group == .hooks, route.method == .POST {
            return ["required": false, "content": ["text/plain": ["schema": ["type": "string"]]]]
        }
        if route.path.description == "/mcp" {
            return ["required": true, "content": ["application/json": ["schema": ["type": "object"]]]]
        }
        guard let schema = route.bodySchema else { return nil }
        let isRequired = route.parameters.contains { $0.place == .body && $0.isRequired }
        return ["required": .bool(isRequired), "content": ["application/json": ["schema": schema]]]
    }

    private static func responses(of route: Route) -> JSON {
        var content: [JSON.Member] = []
        for type in route.types {
            let schema: JSON = type == .json ? route.answerSchema : ["type": "string"]
            content.append(JSON.Member(String(type.name), ["schema": schema]))
        }
        var members = [JSON.Member("200", ["description": "as asked", "content": .object(content)])]
        if route.types.count > 1, route.path.segments.last == .capture("key") {
            members.append(JSON.Member("304", ["description": "the client has it already"]))
        }
        if route.admission == .anybody, route.types == [.text] {
            members.append(
                JSON.Member(
                    "503", ["description": "it is not", "content": ["text/plain": ["schema": ["type": "string"]]]]))
        }
        var refusals = [
            JSON.Member("application/problem+json", ["schema": ["$ref": "#/components/schemas/Problem"]])
        ]
        // Prometheus has another shape for what it refuses.
        if route.group == .prometheus {
            refusals.append(JSON.Member("application/json", ["schema": ["type": "object"]]))
        }
        let refusal: JSON = [
            "description": "why it was not done",
            "content": .object(
                refusals + route.otherProblems.map { JSON.Member(String($0.name), ["schema": .object([])]) }),
        ]
        members.append(JSON.Member("default", refusal))
        return .object(members)
    }
}

extension Route {
    /// The object that a body is; nil where there is none.
    var bodySchema: JSON? {
        let own = parameters.filter { $0.place == .body }
        guard !own.isEmpty else { return nil }
        return Self.object(own)
    }

    /// An object with a member for each parameter.
    static func object(_ parameters: [Parameter], _ schema: (Parameter) -> JSON = \.schema) -> JSON {
        let properties = parameters.map { parameter in
            JSON.Member(
                parameter.name,
                .object((schema(parameter).object ?? []) + [JSON.Member("description", .string(parameter.text))]))
        }
        var members = [JSON.Member("type", "object"), JSON.Member("properties", .object(properties))]
        let required = parameters.filter(\.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty { members.append(JSON.Member("required", .array(required))) }
        return .object(members)
    }
}
