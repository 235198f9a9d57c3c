internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Users, or tokens: what is done with both.
protocol AccountKind {
    /// `user`, as commands and answers have it.
    static var word: String { get }
    static var listHelp: String { get }
    static var removeHelp: String { get }
    /// Said where there are none.
    static var none: String { get }
    static func all(_ client: Client) async throws(ClientError) -> [AccountDescription]
    static func remove(_ name: String, _ client: Client) async throws(ClientError)
    static func setRights(_ rights: AccountRights, of name: String, _ client: Client) async throws(ClientError)
}

extension AccountKind {
    /// `{"user":"anna","removed":true}`, or a sentence.
    static func say(_ deed: String, _ name: String, _ sentence: String, asJSON: Bool) {
        guard asJSON else { return Terminal.say("\(name.printable) \(sentence)") }
        Terminal.say(JSON.object([JSON.Member(word, .string(name)), JSON.Member(deed, true)]).text)
    }
}

struct ListAccountsCommand<Kind: AccountKind>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "list", abstract: Kind.listHelp)
    }

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let accounts = try await Kind.all(client)
            if hub.json {
                let list = JSON.Member(Kind.word + "s", .array(accounts.map(\.json)))
                return Terminal.say(JSON.object([list]).text)
            }
            guard !accounts.isEmpty else { return Terminal.complain(Kind.none) }
            let title = Kind.word.prefix(1).uppercased() + Kind.word.dropFirst()
            Terminal.say(table: AccountsShown(accounts: accounts).lines(title, on: .standard))
        }
    }
}

struct RemoveAccountCommand<Kind: AccountKind>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "remove", abstract: Kind.removeHelp)
    }

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            try await Kind.remove(name, client)
            Kind.say("removed", name, "was removed", asJSON: hub.json)
        }
    }
}

struct AccountRightsCommand<Kind: AccountKind>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "rights",
            abstract: "Replace the rights of a \(Kind.word); open connections are affected, too.",
            discussion: "Whatever is not given is taken away: without --write it may put no key.")
    }

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var rights: RightsOptions
    @OptionGroup var hub: HubOptions

    func run() async throws {
        let rights = try rights.rights()
        try await hub.withClient { client in
            try await Kind.setRights(rights, of: name, client)
            Kind.say("changed", name, rights.sentence, asJSON: hub.json)
        }
    }
}
