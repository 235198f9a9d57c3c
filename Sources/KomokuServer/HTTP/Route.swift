internal import Komoku
internal import KomokuDesk
internal import KomokuWire
internal import NIOHTTP1

/// What can be asked by HTTP: an entry of the one table by which requests are routed, the document of OpenAPI is written, and tools are
/// offered to models.
struct Route: Sendable {
    /// How a request is carried out.
    enum Work: Sendable {
        /// As a command of the wire, whose members path, query and body give.
        case command(Command.Name)
        /// The same, with members that are made of what the request says.
        case adapted(Command.Name, @Sendable (JSON) throws(Problem) -> JSON)
        /// By what has no place in a command: streams, and what is about the server itself.
        case custom(@Sendable (HTTPExchange) -> Void)
    }

    /// What is asked for before anything is done.
    enum Admission: Hashable, Sendable {
        /// The rights of the caller say what he gets; whoever is nobody is asked who he is.
        case known
        /// Everybody, always: whether the hub runs.
        case anybody
        /// Who says who he is has his rights; others are let through, and need a secret of the route's own.
        case secret
    }

    let method: HTTPMethod
    let path: PathTemplate
    /// The group in the documentation.
    let group: Group
    /// What it does: a sentence without an end, which begins with a verb.
    let title: String
    var parameters: [Parameter] = []
    var work: Work
    /// What work of its own comes to.
    var underlying: Command.Name?
    var admission = Admission.known
    /// The most bytes of a body from who is known.
    var most = Route.usualBody
    /// What the answer may be, the usual first.
    var types: [MediaType] = [.json]
    /// Beside the usual: why a request is not carried out for somebody, as far as its head tells, so that its body is not taken.
    var gate: (@Sendable (HTTPRequest, Caller, ServerContext) -> Problem?)?
    /// What says beside a problem why something was not done, where another protocol has a form for that.
    var otherProblems: [MediaType] = []
    /// Of a tool for models: nil is not offered.
    var tool: String?
    /// The body is the value of this parameter where it is no object that has it.
    var bodyMember: String?

    enum Group: String, CaseIterable, Sendable {
        case keys, history, devices, helpers, agents, rules, notifications, documents, rooms, activity, hub, store,
            access, hooks, prometheus

        var title: String {
            switch self {
            case .hub: "The hub"
            case .prometheus: "Prometheus"
            default: rawValue.prefix(1).uppercased() + rawValue.dropFirst()
            }
        }
    }

    static let usualBody = 1 << 20

    /// The most bytes of a body; from who may be anybody little is taken.
    var mostBytes: Int { admission == .anybody ? min(most, 16 << 10) : most }

    /// The command, where it is one, or comes to one.
    var command: Command.Name? {
        switch work {
        case .command(let name), .adapted(let name, _): name
        case .custom: underlying
        }
    }

    /// Whether a body is read as JSON.
    var takesJSON: Bool { parameters.contains { $0.place == .body } }

    /// A name for programs: `keysOne`.
    var id: String {
        let words = path.segments.flatMap { segment in
            switch segment {
            case .word(let word): word.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            case .capture(let name): ["by", name]
            }
        }
        return ([method.rawValue.lowercased()] + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }).joined()
    }
}

/// `/api/keys/{key}`.
struct PathTemplate: Hashable, Sendable, CustomStringConvertible {
    enum Segment: Hashable, Sendable {
        case word(String)
        case capture(String)
    }

    let segments: [Segment]

    init(_ text: String) {
        segments = text.split(separator: "/").map { part in
            part.hasPrefix("{") ? .capture(String(part.dropFirst().dropLast())) : .word(String(part))
        }
    }

    var description: String {
        "/"
            + segments.map { segment in
                switch segment {
                case .word(let word): word
                case .capture(let name): "{\(name)}"
                }
            }.joined(separator: "/")
    }
}

extension Route {
    /// The members of the command that a request asks for.
    ///
    /// - Throws: where something is missing, wrong or unknown.
    func members(of request: HTTPRequest, now: Timestamp) throws(Problem) -> JSON {
        var members = try bodyMembers(of: request, now: now)
        for (name, value) in try queryFields(of: request) {
            guard
                let parameter = parameters.first(where: { $0.place == .query && $0.name.utf8.elementsEqual(name.utf8) })
            else { throw unknown(name) }
            members.append(JSON.Member(parameter.member, try parameter.json(of: value, now: now)))
        }
        for parameter in parameters where parameter.place == .path {
            guard let text = request.captures[parameter.name] else { continue }
            members.append(JSON.Member(parameter.member, try parameter.json(of: text, now: now)))
        }
        if let missing = parameters.first(where: { parameter in
            parameter.isRequired && !members.contains { $0.name.utf8.elementsEqual(parameter.member.utf8) }
        }) {
            throw .badRequest("'\(missing.name)' is missing")
        }
        return .object(members)
    }

    /// Each name once: a list may be given in several parts.
    private func queryFields(of request: HTTPRequest) throws(Problem) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        for field in request.query.fields {
            guard let index = fields.firstIndex(where: { $0.name.utf8.elementsEqual(field.name.utf8) }) else {
                fields.append((field.name, field.value))
                continue
            }
            let isList = parameters.contains {
                $0.place == .query && $0.isList && $0.name.utf8.elementsEqual(field.name.utf8)
            }
            guard isList else { throw .repeated(field.name) }
            fields[index].value += "," + field.value
        }
        return fields
    }

    private func unknown(_ name: String) -> Problem {
        let known = parameters.filter { $0.place == .query }.map(\.name)
        let remedy =
            known.isEmpty ? "nothing can be said in the query here" : "there is \(known.joined(separator: ", "))"
        return .badRequest("there is no '\(name.prefix(100))' here; \(remedy)")
    }

    private func bodyMembers(of request: HTTPRequest, now: Timestamp) throws(Problem) -> [JSON.Member] {
        guard takesJSON, !request.body.isEmpty else { return [] }
        let json: JSON
        do { json = try JSON(parsing: request.body) } catch {
            if let bodyMember, request.isText, let text = String(validating: request.body, as: UTF8.self) {
                return [JSON.Member(bodyMember, .string(text))]
            }
            let remedy = bodyMember == nil ? "" : "; a text needs quotes, or 'Content-Type: text/plain'"
            throw Problem(status: .badRequest, code: "invalid_json", detail: "the body is \(error)\(remedy)")
        }
        if let bodyMember, json.object == nil || json[bodyMember] == nil { return [JSON.Member(bodyMember, json)] }
        guard let given = json.object else { throw .badRequest("the body is an object of JSON") }
        var members: [JSON.Member] = []
        for member in given {
            guard !members.contains(where: { $0.name.utf8.elementsEqual(member.name.utf8) }) else {
                throw .repeated(member.name)
            }
            let parameter = parameters.first { $0.place == .body && $0.name.utf8.elementsEqual(member.name.utf8) }
            try parameter?.check(member.value)
            var value = member.value
            if parameter?.kind == .time, let text = value.string {
                value = try parameter?.json(of: text, now: now) ?? value
            }
            members.append(JSON.Member(parameter?.member ?? member.name, value))
        }
        // What stands in the path counts, whatever the body says of it.
        return members.filter { member in
            !parameters.contains { $0.place == .path && $0.member.utf8.elementsEqual(member.name.utf8) }
        }
    }
}
