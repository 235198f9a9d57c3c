internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Manage tokens, by which programs come in.",
        discussion: "A token is shown once, when it is made; the hub keeps only what it needs to know it again.",
        subcommands: [
            ListTokensCommand.self, AddTokenCommand.self, RemoveTokenCommand.self, TokenRightsCommand.self,
        ],
        defaultSubcommand: ListTokensCommand.self)
}

struct ListTokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens, what they may, when they end and when they were last used.")

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let tokens = try await client.tokens()
            if hub.json {
                let answer: JSON = ["tokens": .array(tokens.map(\.json))]
                return Terminal.say(answer.text)
            }
            guard !tokens.isEmpty else { return Terminal.complain("no tokens; 'komoku token add NAME' makes one") }
            Terminal.say(table: AccountsShown(accounts: tokens).lines("Token", on: .standard))
        }
    }
}

struct AddTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a token and print it, this once.",
        discussion: "The token goes to the standard output alone, so that it can be sent into a file.")

    @Argument(help: "What it is for: letters, digits and . _ - @ +")
    var name: String

    @OptionGroup var rights: RightsOptions

    @Option(help: "When it ends: a duration from now (30d), or a date; default: never.")
    var expires: String?

    @Option(
        help: ArgumentHelp(
            "The SHA-256 of a certificate that the client shows, in the place of a secret.", valueName: "sha256"))
    var certificate: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let rights = try rights.rights()
        try await hub.withClient { client in
            let end = try expires.map(Self.end)
            let token = try await client.addToken(name, rights, expires: end, certificate: certificate)
            if hub.json { return Terminal.say(token.json.text) }
            let until = end.map { " until \(LocalTime.text($0))" } ?? ""
            guard let secret = token.secret else { return Terminal.say("\(name.printable) \(rights.sentence)\(until)") }
            Terminal.complain("\(name.printable) \(rights.sentence)\(until); the token is shown this once:")
            Terminal.say(secret.text)
        }
    }

    private static func end(_ text: String) throws -> Timestamp {
        if let duration = try? Komoku.Duration(parsing: text) { return LocalTime.now + duration }
        return try LocalTime.read(text, now: LocalTime.now)
    }
}

struct RemoveTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a token; connections that use it end.")

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            try await client.removeToken(name)
            if hub.json {
                let answer: JSON = ["token": .string(name), "removed": true]
                return Terminal.say(answer.text)
            }
            Terminal.say("\(name.printable) is removed")
        }
    }
}

struct TokenRightsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rights", abstract: "Change what a token may, all of it; it counts for open connections, too.")

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var rights: RightsOptions
    @OptionGroup var hub: HubOptions

    func run() async throws {
        let rights = try rights.rights()
        try await hub.withClient { client in
            try await client.setRights(ofToken: name, rights)
            if hub.json {
                let answer: JSON = ["token": .string(name), "changed": true]
                return Terminal.say(answer.text)
            }
            Terminal.say("\(name.printable) \(rights.sentence)")
        }
    }
}
