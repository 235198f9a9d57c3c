internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manage the users, who log in with a password.",
        discussion: """
            The first user or token must be an administrator (--admin): from then on everybody has to log in, on the hub's own \
            machine, too.
            """,
        subcommands: [
            ListAccountsCommand<UserKind>.self, AddUserCommand.self, RemoveAccountCommand<UserKind>.self,
            AccountRightsCommand<UserKind>.self, PasswordCommand.self,
        ],
        defaultSubcommand: ListAccountsCommand<UserKind>.self)
}

enum UserKind: AccountKind {
    static let word = "user"
    static let listHelp = "List the users and their rights."
    static let removeHelp = "Remove a user; open connections and sessions of that user are closed."
    static let none = "no users; 'komoku user add NAME --admin' adds one"

    static func all(_ client: Client) async throws(ClientError) -> [AccountDescription] { try await client.users() }

    static func remove(_ name: String, _ client: Client) async throws(ClientError) {
        try await client.removeUser(name)
    }

    static func setRights(_ rights: AccountRights, of name: String, _ client: Client) async throws(ClientError) {
        try await client.setRights(ofUser: name, rights)
    }
}

struct AddUserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add a user.")

    @Argument(help: "The name: letters, digits and . _ - @ +")
    var name: String

    @OptionGroup var rights: RightsOptions
    @OptionGroup var password: PasswordOptions
    @OptionGroup var hub: HubOptions

    func run() async throws {
        let rights = try rights.rights()
        let password = try password.newPassword(of: name)
        try await hub.withClient { client in
            try await client.addUser(name, password: password, rights)
            UserKind.say("added", name, rights.sentence, asJSON: hub.json)
        }
    }
}

struct PasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password",
        abstract: "Change a password; connections and sessions that use the old one are closed.",
        discussion: "Users who are not administrators can change their own, and are asked for the old one first.")

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var password: PasswordOptions

    @Option(help: ArgumentHelp("Read the old password from this file.", valueName: "file"))
    var oldPasswordFile: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            var old = try oldPasswordFile.map(PasswordInput.read)
            if old == nil, try await !client.whoAmI().rights.isAdmin {
                old = try PasswordInput.ask("Current password: ")
            }
            try await client.setPassword(of: name, to: try password.newPassword(of: name), old: old)
            UserKind.say("changed", name, "has a new password", asJSON: hub.json)
        }
    }
}
