internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Manage tokens, which let programs in.",
        discussion: "A token is shown only once, when it is made; the hub keeps just enough to recognize it.",
        subcommands: [
            ListAccountsCommand<TokenKind>.self, AddTokenCommand.self, RemoveAccountCommand<TokenKind>.self,
            AccountRightsCommand<TokenKind>.self,
        ],
        defaultSubcommand: ListAccountsCommand<TokenKind>.self)
}

enum TokenKind: AccountKind {
    static let word = "token"
    static let listHelp = "List the tokens, their rights, when they expire and when they were last used."
    static let removeHelp = "Remove a token; connections that use it are closed."
    static let none = "no tokens; 'komoku token add NAME' makes one"

    static func all(_ client: Client) async throws(ClientError) -> [AccountDescription] { try await client.tokens() }

    static func remove(_ name: String, _ client: Client) async throws(ClientError) {
        try await client.removeToken(name)
    }

    static func setRights(_ rights: AccountRights, of name: String, _ client: Client) async throws(ClientError) {
        try await client.setRights(ofToken: name, rights)
    }
}

struct AddTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a token and print it; it cannot be shown again.",
        discussion: "Only the token is written to standard output, so that it can be redirected to a file.")

    @Argument(help: "Its name, such as what it is for: letters, digits and . _ - @ +")
    var name: String

    @OptionGroup var rights: RightsOptions

    @Option(help: "When it expires: a duration from now (30d) or a date; default: never.")
    var expires: String?

    @Option(
        help: ArgumentHelp(
            "The SHA-256 of a certificate by which the client is recognized instead of a secret.", valueName: "sha256"))
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
            Terminal.complain("\(name.printable) \(rights.sentence)\(until); this token will not be shown again:")
            Terminal.say(secret.text)
        }
    }

    private static func end(_ text: String) throws -> Timestamp {
        if let duration = try? Komoku.Duration(parsing: text) { return LocalTime.now + duration }
        return try LocalTime.read(text, now: LocalTime.now)
    }
}
