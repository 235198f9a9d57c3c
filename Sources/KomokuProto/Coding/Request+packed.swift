internal import Komoku
package import KomokuWire

extension Request {
    /// Reads a message of the third protocol: its commands are those of the second.
    ///
    /// - Returns: nil for a sign of life.
    /// - Throws: why the connection has to end. What can be refused becomes an entry that answers with that.
    package static func read(packed bytes: [UInt8]) throws(PackedFault) -> Request? {
        let message = try PackedToHub(packed: bytes)
        if message.unknownFields.holds(1...17) { throw .unreadable("it has a field of another type") }
        if case .alive = message.what { return nil }
        return try message.request()
    }

    fileprivate init(_ id: UInt64, _ kind: Form.Kind, _ name: Command.Name?, _ command: Result<Command, Refusal>) {
        self.init(entries: [Entry(command: command, name: name)], form: .numbered(id, kind))
    }
}

extension PackedToHub {
    fileprivate func request() throws(PackedFault) -> Request {
        if case .points(let points) = what { return try request(points) }
        let kind: Request.Form.Kind
        switch what {
        case .get, .last: kind = .reading
        case .hello: kind = .hello
        default: kind = .command
        }
        do throws(PackedFault) {
            let command = try readCommand()
            return Request(id, kind, command.name, .success(command))
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            return Request(id, kind, nil, .failure(refusal))
        }
    }

    private func request(_ points: PackedPoints) throws(PackedFault) -> Request {
        do throws(PackedFault) {
            let entries = try points.puts().map { put in
                Request.Entry(command: put.map { .put($0) }, name: .put)
            }
            return Request(entries: entries, form: .numbered(id, .points))
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            return Request(id, .command, nil, .failure(refusal))
        }
    }

    /// The command of a message that is neither points nor a sign of life.
    func readCommand() throws(PackedFault) -> Command {
        switch what {
        case .put(let put): return .put(try put.request())
        case .get(let name): return .get(ValueRequest(try name.text()))
        case .last(let name): return .last(ValueRequest(try name.text()))
        case .watch(let watch): return .subscribe(try watch.request())
        case .unwatch(let watched): return .unsubscribe(try watched.request())
        case .command(let command): return try command.command()
        case .hello(let hello): return try hello.command()
        case .report(let report): return try report.command()
        case .points, .alive, nil: throw .refused("a message without a command that is known here")
        }
    }
}

extension PackedName {
    fileprivate func text() throws(PackedFault) -> String {
        if unknownFields.holds(1...1) { throw .unreadable("'key' is of another type") }
        return key
    }
}

extension PackedPut {
    fileprivate func request() throws(PackedFault) -> PutRequest {
        if unknownFields.holds(1...5) { throw .unreadable("'put' has a field of another type") }
        guard let name = KeyName(key) else { throw .refused(.impossible(key)) }
        return PutRequest(
            name, hasValue ? try value.json() : .null, at: hasTime ? try Timestamp(packed: time) : nil, waits: wait,
            isDryRun: dryRun)
    }
}

extension PackedWatch {
    fileprivate func request() throws(PackedFault) -> SubscriptionRequest {
        if unknownFields.holds(1...6) { throw .unreadable("'watch' has a field of another type") }
        let target: SubscriptionRequest.Target =
            switch what {
            case .key(let key): try .init(key: key)
            case .pattern(let pattern): try .init(pattern: pattern)
            case nil: throw .refused("either 'key' or 'pattern' says what is watched")
            }
        return SubscriptionRequest(
            target, every: every, initial: init_p, numbered: seq, after: hasAfter ? after : nil)
    }
}

extension PackedWatched {
    fileprivate func request() throws(PackedFault) -> SubscriptionRequest {
        if unknownFields.holds(1...2) { throw .unreadable("'unwatch' has a field of another type") }
        switch what {
        case .key(let key): return .end(of: try .init(key: key))
        case .pattern(let pattern): return .end(of: try .init(pattern: pattern))
        case nil: throw .refused("either 'key' or 'pattern' says what is no longer watched")
        }
    }
}

extension SubscriptionRequest {
    fileprivate static func end(of target: Target) -> SubscriptionRequest {
        var request = SubscriptionRequest(target)
        request.isEnd = true
        return request
    }
}

extension SubscriptionRequest.Target {
    fileprivate init(key: String) throws(PackedFault) {
        guard let name = KeyName(key) else { throw .refused(.impossible(key)) }
        self = .key(name)
    }

    fileprivate init(pattern: String) throws(PackedFault) {
        do throws(Refusal) {
            self = .pattern(try KeyPattern(wire: .string(pattern), of: "pattern"))
        } catch {
            throw .refused(error)
        }
    }
}

extension PackedCommand {
    fileprivate func command() throws(PackedFault) -> Command {
        if unknownFields.holds(1...2) { throw .unreadable("'command' has a field of another type") }
        guard let word = Command.Name(name, version: .v2) else {
            throw .refused("there is no command '\(name.prefix(100))'")
        }
        let body: JSON = hasBody ? try body.json() : .object([])
        do throws(Refusal) {
            return try Command(word, body, version: .v2)
        } catch {
            throw .refused(error)
        }
    }
}
