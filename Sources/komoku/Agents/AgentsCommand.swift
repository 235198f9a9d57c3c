internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents", abstract: "List the hosts that run 'komoku agent', and say where they belong.",
        subcommands: [
            ListCommand.self, ShowCommand.self, RenameAgentCommand.self, ForgetCommand.self, ConfigCommand.self,
        ], defaultSubcommand: ListCommand.self)

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the agents that the hub knows.")

        @OptionGroup var hub: HubOptions

        func run() async throws {
            try await hub.withClient { client in
                let agents = try await client.agents()
                if hub.json {
                    let answer: JSON = ["agents": .array(agents.map(\.json))]
                    return Terminal.say(answer.text)
                }
                guard !agents.isEmpty else {
                    return Terminal.complain("no agent has come yet; 'komoku agent' on a machine tells of it")
                }
                Terminal.say(table: AgentsShown(agents, now: LocalTime.now).lines(on: .standard))
            }
        }
    }

    struct ShowCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show what the hub knows of an agent.")

        @Argument(help: "The name of the agent, or its id.", completion: .agents)
        var agent: String

        @OptionGroup var hub: HubOptions

        func run() async throws {
            try await hub.withClient { client in
                let agent = try await client.agent(agent)
                if hub.json { return Terminal.say(agent.json.text) }
                Terminal.say(rows: AgentsShown.rows(of: agent, now: LocalTime.now))
            }
        }
    }

    struct RenameAgentCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rename", abstract: "Give an agent another name; its keys and their history go with it.")

        @Argument(help: "The name of the agent, or its id.", completion: .agents)
        var agent: String

        @Argument(help: "The new name: 'attic' of 'hosts.attic.online'.")
        var name: String

        @OptionGroup var hub: HubOptions

        func run() async throws {
            try await hub.withClient { client in try await client.setAgent(agent, name: name) }
        }
    }

    struct ForgetCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "forget",
            abstract:
                "Forget an agent; its keys and their history stay. Where it still runs, it comes back as a new one.")

        @Argument(help: "The name of the agent, or its id.", completion: .agents)
        var agent: String

        @OptionGroup var hub: HubOptions

        func run() async throws {
            try await hub.withClient { client in try await client.forgetAgent(agent) }
        }
    }

    struct ConfigCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "config",
            abstract: "Show what an agent collects, and how often; say where it belongs.",
            discussion: """
                What agents collect is in the section 'agents' of the hub's configuration: for all, by region, zone, data centre and \
                group, and for single machines. --set says to which of these one belongs.
                """)

        @Argument(help: "The name of the agent, or its id.", completion: .agents)
        var agent: String

        @Option(
            help: ArgumentHelp(
                "Say where it belongs: group=web, region=home; 'group=' ends what was said.", valueName: "attribute"))
        var set: [String] = []

        @OptionGroup var hub: HubOptions

        func validate() throws { _ = try AgentCommand.attributes(set, mayEnd: true) }

        func run() async throws {
            let attributes = try AgentCommand.attributes(set, mayEnd: true)
            try await hub.withClient { client in
                if !attributes.isEmpty { try await client.setAgent(agent, attributes: attributes) }
                let agent = try await client.agent(agent)
                guard let config = agent.config else { return }
                Terminal.say(hub.json ? config.json.text : AgentsShown.text(of: config))
            }
        }
    }
}

extension CompletionKind {
    /// Names of the hub's agents.
    static var agents: CompletionKind {
        .custom { words, _, _ in await HubNames.agents.list(for: words) }
    }
}
