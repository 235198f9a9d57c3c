internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manage who may log in with a password.",
        discussion: """
            The first user or token has to be an administrator (--admin): from then on the hub asks everybody who he is, on \
            its own machine, too.
            """,
        subcommands: [
            ListUsersCommand.self, AddUserCommand.self, RemoveUserCommand.self, UserRightsCommand.self,
            PasswordCommand.self,
        ],
        defaultSubcommand: ListUsersCommand.self)
}

struct ListUsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the users and what they may.")

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let users = try await client.users()
            if hub.json {
                let answer: JSON = ["users": .array(users.map(\.json))]
                return Terminal.say(answer.text)
            }
            guard !users.isEmpty else { return Terminal.complain("no users; 'komoku user add NAME --admin' makes one") }
            Terminal.say(table: AccountsShown(accounts: users).lines("User", on: .standard))
        }
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
            if hub.json {
                let answer: JSON = ["user": .string(name), "added": true]
                return Terminal.say(answer.text)
            }
            Terminal.say("\(name.printable) \(rights.sentence)")
        }
    }
}

struct RemoveUserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a user; his open connections and sessions end.")

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            try await client.removeUser(name)
            if hub.json {
                let answer: JSON = ["user": .string(name), "removed": true]
                return Terminal.say(answer.text)
            }
            Terminal.say("\(name.printable) is removed")
        }
    }
}

struct UserRightsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rights", abstract: "Change what a user may, all of it; it counts for open connections, too.")

    @Argument(help: "The name.")
    var name: String

    @OptionGroup var rights: RightsOptions
    @OptionGroup var hub: HubOptions

    func run() async throws {
        let rights = try rights.rights()
        try await hub.withClient { client in
            try await client.setRights(ofUser: name, rights)
            if hub.json {
                let answer: JSON = ["user": .string(name), "changed": true]
                return Terminal.say(answer.text)
            }
            Terminal.say("\(name.printable) \(rights.sentence)")
        }
    }
}

struct PasswordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "password", abstract: "Change a password; connections and sessions under the old one end.",
        discussion: "Who is no administrator changes his own, and is asked for the old one first.")

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
                old = try PasswordInput.ask("Password so far: ")
            }
            try await client.setPassword(of: name, to: try password.newPassword(of: name), old: old)
            if hub.json {
                let answer: JSON = ["user": .string(name), "changed": true]
                return Terminal.say(answer.text)
            }
            Terminal.say("\(name.printable) has a new password")
        }
    }
}
