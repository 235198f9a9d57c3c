internal import Komoku
internal import KomokuDesk
internal import KomokuWire
internal import NIOHTTP1

/// The Model Context Protocol over one POST a message, without sessions.
struct MCPServer: Sendable {
    let exchange: HTTPExchange

    /// The newest first; a client that wants another is offered the newest.
    static let versions = ["2025-11-25", "2025-06-18"]

    func start() {
        let version = exchange.request.headers.first(name: "MCP-Protocol-Version")
        if let version, !Self.versions.contains(where: { $0.utf8.elementsEqual(version.utf8) }) {
            return exchange.refuse(.badRequest("this server speaks MCP \(Self.versions.joined(separator: ", "))"))
        }
        var id: JSON?
        do throws(MCPError) {
            guard let json = try? JSON(parsing: exchange.request.body) else {
                throw MCPError(.invalidJSON, "the body is no JSON")
            }
            id = json["id"]
            let message = try MCPMessage(json)
            guard message.id != nil else {
                // Nothing that a client tells changes anything here.
                return exchange.answer(HTTPAnswer(status: .accepted, content: []))
            }
            try answer(message)
        } catch {
            let status: HTTPResponseStatus =
                error.code == .invalidJSON || error.code == .invalidRequest ? .badRequest : .ok
            exchange.answer(HTTPAnswer(status: status, content: error.answer(id).bytes))
        }
    }

    private func answer(_ message: MCPMessage) throws(MCPError) {
        switch message.method {
        case "initialize": tell(message, initialized(message))
        case "ping": tell(message, .object([]))
        case "tools/list": tell(message, ["tools": .array(tools.map(\.json))])
        case "tools/call": try call(message)
        case "resources/list": tell(message, ["resources": .array(MCPResource.all.map(\.json))])
        case "resources/templates/list": tell(message, ["resourceTemplates": .array(MCPResource.templates)])
        case "resources/read": try read(message)
        case "prompts/list": tell(message, ["prompts": .array([])])
        default: throw MCPError(.unknownMethod, "there is no method '\(message.method.prefix(100))'")
        }
    }

    private func tell(_ message: MCPMessage, _ result: JSON) {
        exchange.answer(HTTPAnswer(content: MCPMessage.answer(message.id, result).bytes))
    }

    private func initialized(_ message: MCPMessage) -> JSON {
        let wanted = message.parameters["protocolVersion"]?.string ?? ""
        let version = Self.versions.first { $0.utf8.elementsEqual(wanted.utf8) } ?? Self.versions[0]
        return [
            "protocolVersion": .string(version),
            "capabilities": ["tools": .object([]), "resources": .object([])],
            "serverInfo": ["name": "komoku", "title": "Komoku", "version": .string(Release.version)],
            "instructions":
                """
            A home-automation hub. Values are keys with dotted names; list_keys finds them. why_key and why_rule explain \
            what happened. Rules are written in YAML: read komoku://docs/rules, then check_rules, test_rules and \
            replay_rules prove a rule before it is proposed. Rules are loaded by the owner, never by a tool.
            """,
        ]
    }

    /// Those that change something are offered to who may change something.
    private var tools: [MCPTool] {
        let mayWrite = exchange.caller.rights.writing?.isEmpty != true
        return MCPTool.all.filter { $0.isReading || mayWrite }
    }

    // MARK: Tools

    private func call(_ message: MCPMessage) throws(MCPError) {
        guard let name = message.parameters["name"]?.string else {
            throw MCPError(.invalidParameters, "'name' is missing")
        }
        guard let tool = tools.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            let isThere = MCPTool.named(name) != nil
            throw MCPError(
                .invalidParameters,
                isThere
                    ? "your token may only read, and '\(name)' changes something"
                    : "there is no tool '\(name.prefix(100))'")
        }
        let arguments = message.parameters["arguments"] ?? .object([])
        guard arguments.object != nil else { throw MCPError(.invalidParameters, "'arguments' is an object") }
        do throws(Problem) {
            let request = try tool.request(arguments)
            let limit = arguments["limit"] == nil ? tool.route.modelLimit?.most : nil
            exchange.ask(request, at: tool.route) { [exchange] answer in
                let result = Self.result(of: answer, limit: limit)
                exchange.answer(HTTPAnswer(content: MCPMessage.answer(message.id, result).bytes))
            }
        } catch {
            tell(message, Self.result(of: HTTPAnswer(error)))
        }
    }

    /// About the most that a model is told.
    private static let most = 48 << 10

    /// What a tool says; a problem is an answer, too, which the model can act on.
    ///
    /// - Parameter limit: of entries, where the model named none.
    private static func result(of answer: HTTPAnswer, limit: Int? = nil) -> JSON {
        let isError = answer.status.code >= 400
        var text = String(decoding: answer.content, as: UTF8.self)
        guard answer.content.count <= most else {
            return [
                "content": [
                    [
                        "type": "text",
                        "text": .string(
                            "The answer has \(answer.content.count) bytes, more than the \(most) that a tool may answer. "
                                + "Ask for less: a smaller 'limit', a narrower pattern, a shorter range, or 'statistics'."
                        ),
                    ]
                ], "isError": true,
            ]
        }
        if isError, let problem = try? JSON(parsing: answer.content) {
            text = [problem["code"]?.string, problem["detail"]?.string].compactMap(\.self).joined(separator: ": ")
        }
        var contents: [JSON] = [["type": "text", "text": .string(text)]]
        if let limit, !isError, answer.isCut(at: limit) {
            contents.append([
                "type": "text",
                "text": .string(
                    "These are the first \(limit) only: narrow the question, ask with a larger 'limit', or go on behind the last."
                ),
            ])
        }
        var members: [JSON.Member] = [JSON.Member("content", .array(contents))]
        if !isError, let json = try? JSON(parsing: answer.content), json.object != nil {
            members.append(JSON.Member("structuredContent", json))
        }
        if isError { members.append(JSON.Member("isError", true)) }
        return .object(members)
    }

    // MARK: Resources

    private func read(_ message: MCPMessage) throws(MCPError) {
        guard let uri = message.parameters["uri"]?.string else {
            throw MCPError(.invalidParameters, "'uri' is missing")
        }
        if let resource = MCPResource.all.first(where: { $0.uri.utf8.elementsEqual(uri.utf8) }),
            let text = resource.text
        {
            return tell(message, Self.contents(uri, resource.type, text))
        }
        guard let (tool, arguments) = MCPResource.question(of: uri), let tool = MCPTool.named(tool) else {
            throw MCPError(.unknownResource, "there is no resource '\(uri.prefix(300))'")
        }
        do throws(Problem) {
            let request = try tool.request(arguments)
            exchange.ask(request, at: tool.route) { [exchange] answer in
                let text = String(decoding: answer.content, as: UTF8.self)
                let isThere = answer.status == .ok && answer.content.count <= Self.most
                let result =
                    isThere
                    ? MCPMessage.answer(message.id, Self.contents(uri, "application/json", text))
                    : MCPError(.unknownResource, answer.status == .ok ? "it is too long to be read at once" : text)
                        .answer(message.id)
                exchange.answer(HTTPAnswer(content: result.bytes))
            }
        } catch {
            throw MCPError(.unknownResource, error.detail ?? error.code)
        }
    }

    private static func contents(_ uri: String, _ type: String, _ text: String) -> JSON {
        ["contents": [["uri": .string(uri), "mimeType": .string(type), "text": .string(text)]]]
    }
}

extension HTTPAnswer {
    /// Whether it has as many entries as it may.
    fileprivate func isCut(at limit: Int) -> Bool {
        if !headers["Link"].isEmpty { return true }
        guard let members = (try? JSON(parsing: content))?.object else { return false }
        if members.contains(where: { $0.name.utf8.elementsEqual("next".utf8) && !$0.value.isNull }) { return true }
        return members.contains { $0.value.array?.count == limit }
    }
}

extension Route {
    static let mcp: [Route] = [
        Route(
            method: .POST, path: PathTemplate("/mcp"), group: .hub,
            title: "Speaks the Model Context Protocol: the routes as tools for language models",
            work: .custom { MCPServer(exchange: $0).start() }, otherProblems: [.json])
    ]
}
