package import Komoku

/// One frame of a client: a command, or a list of them that is answered as a list.
package struct Request: Sendable {
    package struct Entry: Sendable {
        /// What comes back beside the result; only the second protocol has it.
        package var queryID: JSON?
        package var command: Result<Command, Refusal>
        /// For the counters; nil where the command could not be read.
        package var name: Command.Name?

        package init(queryID: JSON? = nil, command: Result<Command, Refusal>, name: Command.Name? = nil) {
            (self.queryID, self.command, self.name) = (queryID, command, name)
        }
    }

    /// What is answered together.
    package enum Form: Hashable, Sendable {
        case single
        case list
        /// A message of the third protocol, by its number.
        case numbered(UInt64, Kind)

        package enum Kind: Hashable, Sendable {
            case command
            /// `get` and `last`, which are answered with a reading.
            case reading
            /// Of an agent, which is welcomed.
            case hello
            /// Puts of one message, which are acknowledged together.
            case points
        }
    }

    package var entries: [Entry]
    package var form: Form

    /// The most commands of a list: what is known of each takes many times its text.
    package static let maximumEntries = 16_384

    /// Never fails: what cannot be read becomes an entry that answers with the error.
    package init(_ bytes: some Sequence<UInt8>, version: ProtocolVersion) {
        guard let json = try? JSON(parsing: bytes) else {
            self.init(entries: [Entry(queryID: nil, command: .failure(.invalidJSON))], form: .single)
            return
        }
        if case .array(let items) = json, items.count > Self.maximumEntries {
            let refusal = Refusal.invalidQuery("a message holds at most \(Self.maximumEntries) commands")
            self.init(entries: [Entry(queryID: nil, command: .failure(refusal))], form: .single)
        } else if case .array(let items) = json {
            self.init(entries: items.map { Entry($0, version: version).inArray }, form: .list)
        } else {
            self.init(entries: [Entry(json, version: version)], form: .single)
        }
    }

    package init(entries: [Entry], form: Form) {
        self.entries = entries
        self.form = form
    }
}

extension Request.Entry {
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
    fileprivate var inArray: Request.Entry {
        guard case .success(.export) = command else { return self }
        var entry = self
        entry.command = .failure(.invalidQuery("'export' answers in several frames and cannot stand in an array"))
        return entry
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
