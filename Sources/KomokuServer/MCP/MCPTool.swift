internal import Komoku
internal import KomokuWire
internal import NIOHTTP1

/// A route as a tool for models.
struct MCPTool: Sendable {
    let name: String
    let route: Route

    static let all: [MCPTool] = Route.all.compactMap { route in
        route.tool.map { MCPTool(name: $0, route: route) }
    }

    static func named(_ name: String) -> MCPTool? {
        all.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// Whether it changes nothing.
    var isReading: Bool { route.method == .GET || route.isTrial }

    var json: JSON {
        [
            "name": .string(name), "title": .string(route.title), "description": .string(description),
            "inputSchema": Route.object(route.parameters, \.ownSchema),
            "annotations": [
                "readOnlyHint": .bool(isReading), "destructiveHint": .bool(route.method == .DELETE),
                "openWorldHint": .bool(route.command == .put),
            ],
        ]
    }

    private var description: String {
        route.title + "." + (route.advice.map { " " + $0 } ?? "")
    }

    /// What asks the same by HTTP.
    ///
    /// - Throws: where an argument is missing, unknown or wrong.
    func request(_ arguments: JSON) throws(Problem) -> HTTPRequest {
        var request = HTTPRequest(
            method: route.method, target: RequestTarget(), headers: ["Accept": "application/json"])
        var body: [JSON.Member] = []
        for member in arguments.object ?? [] where !member.value.isNull {
            guard let parameter = route.parameters.first(where: { $0.name.utf8.elementsEqual(member.name.utf8) }) else {
                let names = route.parameters.map(\.name).joined(separator: ", ")
                throw .badRequest("'\(name)' has no '\(member.name.prefix(100))'; it has \(names)")
            }
            switch parameter.place {
            case .path: request.captures[parameter.name] = Self.text(member.value)
            case .query: request.target.query.append(parameter.name, Self.text(member.value))
            case .body: body.append(member)
            }
        }
        for parameter in route.parameters where parameter.place == .path && request.captures[parameter.name] == nil {
            throw .badRequest("'\(parameter.name)' is missing")
        }
        // A model that misspells a name is told; it did not mean a new key.
        if route.underlying == .put, request.query["create"] == nil { request.target.query.append("create", "false") }
        if let limit = route.modelLimit, request.query[limit.name] == nil {
            request.target.query.append(limit.name, String(limit.most))
        }
        if !body.isEmpty { request.body = JSON.object(body).bytes }
        return request
    }

    /// As a path or a query has it.
    private static func text(_ json: JSON) -> String {
        switch json {
        case .string(let text): text
        case .array(let items): items.map(text).joined(separator: ",")
        default: json.text
        }
    }
}

extension Route {
    /// The most that a model is told where it does not say how much it wants: a page, and how to go on.
    var modelLimit: (name: String, most: Int)? {
        guard let limit = parameters.first(where: { $0.place == .query && $0.name == "limit" }) else { return nil }
        return (limit.name, 50)
    }

    /// What a model should know beside the title.
    var advice: String? {
        switch tool {
        case "list_keys":
            "Keys are dotted names such as kitchen.temperature. 'match' takes patterns: *.temperature, kitchen.**. "
                + "The first 50 are listed; 'after' the last name goes on."
        case "history": "Use 'points' (at most 200) for a long range, or the tool 'statistics': raw points are many."
        case "put_value":
            "A key that is not there is refused, unless 'create' is true. Of a key that a device feeds the device is "
                + "commanded, and the answer waits for its report."
        case "statistics": "Prefer this to raw history. 'step' lays windows: 1h, day, month."
        case "check_rules":
            "Always check rules before you propose them; the answer names line, column and remedy. A rule is YAML such as "
                + "'- name: hall-light\n  when: {change: hall.motion, to: true}\n  if: \"hall.lux < 40\"\n  then: "
                + "[{put: {hall.lamp: true}}, {wait: 5m}, {put: {hall.lamp: false}}]'; more in komoku://docs/rules."
        case "test_rules":
            "Tests are YAML such as 'tests:\n  - name: it lights\n    given: {hall.lux: 10}\n    steps:\n      - put: "
                + "{hall.motion: true}\n      - expect: {keys: {hall.lamp: true}}'; more in komoku://docs/testing."
        case "replay_rules": "Nothing is really done. Choose 'since' such that the keys have history."
        case "why_key", "why_rule": "Start here when somebody asks why something happened, or did not."
        default: nil
        }
    }

    /// Whether it is a POST that only tries something out.
    var isTrial: Bool {
        guard let tool else { return false }
        return ["check_rules", "test_rules", "replay_rules"].contains(tool)
    }
}
