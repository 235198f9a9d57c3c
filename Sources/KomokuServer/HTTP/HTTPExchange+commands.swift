internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuWire
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Requests that are commands of the wire.
extension HTTPExchange {
    func start() {
        do throws(Problem) {
            switch route.work {
            case .custom(let work): work(self)
            case .command(let name): perform(try command(name, members()))
            case .adapted(let name, let adapt): perform(try command(name, try adapt(members())))
            }
        } catch {
            refuse(error)
        }
    }

    func members() throws(Problem) -> JSON { try route.members(of: request, now: desk.hub.clock.now) }

    func command(_ name: Command.Name, _ members: JSON) throws(Problem) -> Command {
        do throws(Refusal) {
            let command = try Command(name, members, version: .v2)
            if let name = command.definedNames.first(where: { KeyName($0) == nil }) {
                throw Refusal(.invalidKey, "'\(name.prefix(300))' cannot be the name of a key")
            }
            return command
        } catch {
            throw .unreadable(error)
        }
    }

    /// Has the desk carry a command out, and answers.
    ///
    /// - Parameter shown: makes the answer of what the desk says, on any thread.
    func perform(_ command: Command, shown: @escaping @Sendable (Reply) -> HTTPAnswer = HTTPAnswer.init(reply:)) {
        desk.counts.add([command.name])
        desk.hub.enqueue { [self] hub in
            if let problem = absence(in: hub) ?? unmet(in: hub) { return refuse(problem) }
            let cost = command.cost(in: hub)
            guard cost == 0 || reserve(cost) else { return refuse(.busy) }
            desk.perform(command, for: caller, in: hub) { [self] reply in
                answer(shown(reply))
                account.release(cost)
            } pieces: { [self] source in
                stream(source, as: .json, reserved: cost)
            }
        }
    }

    private func reserve(_ cost: Int) -> Bool {
        if case .made = account.reserve(cost, limit: context.limits.unreadBytes) { true } else { false }
    }

    /// Who asks for a key that is not there is told so, and so is who may not read it. A command of the WebSocket answers null.
    private func absence(in hub: isolated Hub) -> Problem? {
        guard route.method == .GET, let text = request.captures["key"], let name = KeyName(text) else { return nil }
        guard hub.key(name) == nil || !caller.rights.mayRead(name) else { return nil }
        return Problem(.unknownKey(name))
    }

    /// Sends an answer piece by piece, each when the one before it has left.
    func stream(_ source: PieceSource, as type: MediaType, headers: HTTPHeaders = [:], reserved: Int = 0) {
        whenOver { [account] in account.release(reserved) }
        go(on: source, type, headers, begins: true)
    }

    private func go(on source: PieceSource, _ type: MediaType, _ headers: HTTPHeaders, begins: Bool) {
        guard !caller.isGone else { return }
        source.next { [self] piece in
            switch piece {
            case .failed(let refusal):
                // What was begun cannot be taken back.
                if begins { refuse(Problem(refusal)) } else { breakOff() }
            case .last(let bytes) where begins: answer(HTTPAnswer(headers: headers, content: bytes, type: type))
            case .last(let bytes):
                send(bytes)
                end()
            case .some(let bytes, let rest):
                if begins { begin(type, headers: headers) }
                send(bytes) { [self] in
                    // Not on the connection's thread: what makes a piece may take a while.
                    NIOThreadPool.singleton.submit { [self] _ in go(on: rest, type, headers, begins: false) }
                }
            }
        }
    }
}

extension Command {
    /// Of keys that it defines, which the hub would look at last.
    fileprivate var definedNames: [String] {
        switch self {
        case .define(let definitions): definitions.map(\.name)
        case .import(let request): request.definitions.map(\.name)
        default: []
        }
    }
}

extension HTTPAnswer {
    /// What a command came to.
    init(reply: Reply) {
        if case .error(let refusal) = reply {
            self.init(Problem(refusal))
        } else if case .json(let json) = reply, json["outcome"] == "failed" {
            // The hub did its part; the device did not.
            self.init(
                Problem(
                    status: .badGateway, code: "device_failed", detail: json["reason"]?.string ?? "the device failed"))
        } else {
            var bytes: [UInt8] = []
            reply.writeBody(into: &bytes)
            bytes.append(UInt8(ascii: "\n"))
            let isRefused = if case .json(let json) = reply { Self.isRefused(json) } else { false }
            self.init(status: isRefused ? .unprocessableEntity : .ok, content: bytes)
        }
    }

    /// A configuration, or a file of rules, that has errors.
    private static func isRefused(_ json: JSON) -> Bool {
        let hasErrors = json["findings"]?.array?.contains { $0["severity"] == "error" } ?? false
        return json["reloaded"] == false || (json["saved"] == false && hasErrors)
    }
}
