internal import ArgumentParser
internal import Glibc
internal import KomokuClient
internal import KomokuWire
internal import Komoku

/// What every command takes.
struct HubOptions: ParsableArguments {
    @Option(help: "The address of the hub; default: KOMOKU_SERVER, or ws://127.0.0.1:7274.")
    var server: String?

    @Option(
        name: .customLong("hub"),
        help: ArgumentHelp("A hub of ~/.config/komoku/config.yaml; default: KOMOKU_HUB.", valueName: "name"))
    var hubName: String?

    @Option(help: "The token that the hub knows this user by; better in a file, or in KOMOKU_TOKEN.")
    var token: String?

    @Option(help: ArgumentHelp("A file with the token.", valueName: "file"), completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("Log in as this user; the password is asked for, or KOMOKU_PASSWORD.", valueName: "name"))
    var user: String?

    @Option(
        help: ArgumentHelp("A file with the authority that signed the hub's certificate.", valueName: "file"),
        completion: .file())
    var ca: String?

    @Option(
        help: ArgumentHelp("The hub's certificate or key has this SHA-256, whoever signed it.", valueName: "sha256"))
    var fingerprint: String?

    @Flag(help: "Print JSON, for programs.")
    var json = false

    @Flag(help: "No colours, as with NO_COLOR in the environment.")
    var noColor = false

    @Option(help: "Time zone of dates, such as Europe/Warsaw; default: the hub's.")
    var zone: String?

    /// - Throws: `ValidationError` where two formats are asked for.
    func check(csv: Bool) throws {
        if csv && json { throw ValidationError("--json and --csv are two formats; write one of them") }
    }

    /// Connects to the hub. Dates are read and printed in its zone from here on, or in the one that was asked for.
    func withClient<Result>(_ body: (Client) async throws -> Result) async throws -> Result {
        if let zone { LocalTime.use(try SystemZone.named(zone)) }
        let target = try target()
        let client = target.client()
        do {
            if zone == nil { try await Self.takeZone(of: client) }
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw Self.explained(error, target)
        }
    }

    /// Who said nothing of himself is told how.
    private static func explained(_ error: any Error, _ target: HubTarget) -> any Error {
        guard let error = error as? ClientError, error.code == "unauthorized", target.access.token == nil else {
            return error
        }
        return Failure(message: "\(error): --token-file, KOMOKU_TOKEN or --user", word: "unauthorized")
    }

    private static func takeZone(of client: Client) async throws {
        // A hub of an older version knows no such command: this machine's zone it is then.
        // One that tells it in another way is no reason to fail either.
        guard let hub = try await identity(client) else { return }
        if let name = hub.zone, let known = try? SystemZone.named(name) { return LocalTime.use(known) }
        if let rule = hub.zoneRule, let known = try? Zone(name: hub.zone ?? "local", rule: rule) {
            LocalTime.use(known)
        }
    }

    private static func identity(_ client: Client) async throws -> HubIdentity? {
        do { return try await client.identity() } catch ClientError.failed(code: "bad_answer", _) { return nil }
    }

    func address() throws -> HubAddress { try target().address }

}

extension String {
    /// - Throws: `Failure` where no key can have this name.
    func checkedAsName() throws { _ = try asName() }

    /// The same, as the name.
    func asName() throws -> KeyName {
        do throws(KeyName.Invalid) {
            return try KeyName(validating: self)
        } catch {
            throw Failure.usage(error.description.printable)
        }
    }

    /// - Throws: `Failure` where it is no pattern of key names.
    func checkedAsPattern() throws {
        do throws(KeyName.Invalid) {
            _ = try KeyPattern(validating: self)
        } catch {
            throw Failure.usage("'\(printable)' is no pattern of keys: \(error.reason)")
        }
    }
}

extension CompletionKind {
    /// The names of keys, where the hub answers in time.
    static var keys: CompletionKind {
        .custom { words, _, _ in await HubNames.keys.list(for: words) }
    }
}

extension Client {
    /// A key that has to be there.
    ///
    /// - Throws: `Failure` with a suggestion where it is not.
    func required(_ name: String) async throws -> KeyDescription {
        if let found = try await key(name) { return found }
        throw try await absent(name)
    }

    /// - Parameter members: what programs get besides.
    func absent(_ name: String, members: [JSON.Member] = []) async throws(ClientError) -> Failure {
        Failure(message: try await missing(name), word: CommandError.invalidKey.rawValue, members: members)
    }

    /// `kitchen.x: no such key; did you mean 'kitchen.y'?`
    func missing(_ name: String) async throws(ClientError) -> String {
        let invalid = KeyName(name) == nil
        let names = try await keys().map(\.name)
        let question = Suggestion.question(for: name, in: names)
        let fact = invalid ? "this cannot be the name of a key" : "no such key"
        return ["\(name.printable): \(fact)", question].compactMap(\.self).joined(separator: "; ")
    }
}
