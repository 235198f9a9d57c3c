package import Komoku

/// One frame of a client: a command, or a list of them that is answered as a list.
package struct Request: Sendable {
    package struct Step: Sendable {
        /// What comes back beside the result; only the second protocol has it.
        package var queryID: JSON?
        package var command: Result<Command, Refusal>
        /// For the counters; nil where the command could not be read.
        package var name: Command.Name?
    }

    package var steps: [Step]
    package var isArray: Bool

    /// The most commands of a list: what is known of each takes many times its text.
    package static let maximumSteps = 16_384

    /// Never fails: what cannot be read becomes a step that answers with the error.
    package init(_ bytes: some Sequence<UInt8>, version: ProtocolVersion) {
        guard let json = try? JSON(parsing: bytes) else {
            self.init(steps: [Step(queryID: nil, command: .failure(.invalidJSON))], isArray: false)
            return
        }
        if case .array(let items) = json, items.count > Self.maximumSteps {
            let refusal = Refusal.invalidQuery("a message holds at most \(Self.maximumSteps) commands")
            self.init(steps: [Step(queryID: nil, command: .failure(refusal))], isArray: false)
        } else if case .array(let items) = json {
            self.init(steps: items.map { Step($0, version: version).inArray }, isArray: true)
        } else {
            self.init(steps: [Step(json, version: version)], isArray: false)
        }
    }

    private init(steps: [Step], isArray: Bool) {
        self.steps = steps
        self.isArray = isArray
    }
}

extension Request.Step {
    init(_ json: JSON, version: ProtocolVersion) {
        queryID = version == .v2 ? json["query_id"] : nil
        do throws(Refusal) {
            let (name, body) = try Self.member(of: json, version: version)
            command = .success(try Command(name, body, version: version))
            self.name = name
        } catch {
            command = .failure(error)
        }
    }

    /// A reply of several frames has no place in a list of replies.
    fileprivate var inArray: Request.Step {
        guard case .success(.export) = command else { return self }
        var step = self
        step.command = .failure(.invalidQuery("'export' answers in several frames and cannot stand in an array"))
        return step
    }

    /// The one member that names a command.
    private static func member(of json: JSON, version: ProtocolVersion) throws(Refusal) -> (Command.Name, JSON) {
        guard let members = json.object else { throw .invalidQuery }
        let commands = members.compactMap { member in
            Command.Name(member.name, version: version).map { ($0, member.value) }
        }
        guard commands.count == 1, let command = commands.first else { throw .invalidQuery }
        return command
    }
}
