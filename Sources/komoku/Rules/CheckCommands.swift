internal import ArgumentParser
internal import Komoku

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read a configuration and tell every error and warning in it.",
        discussion: """
            Needs no running hub, but its program komokud, which does the reading. Where a hub runs, rules are checked \
            against its keys too: their names, types, units, values and limits. Exit code 1 where there are errors; warnings \
            do not count.
            """)

    @Argument(help: "The configuration; else /etc/komoku/komoku.yaml.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    @OptionGroup var keys: HouseKeys

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let program = try HubProgram.find(for: "check")
        let known = try await keys.arguments(hub)
        let words = ["--check"] + (hub.json ? ["--json"] : [])
        try HubProgram.become(program, words + known + (file.map { ["--config", $0] } ?? []))
    }
}

struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run tests of rules on a virtual clock.",
        discussion: """
            The real engine with a database in memory: nothing is published or asked for. Needs no running hub, but its \
            program komokud. Where a hub runs, its keys keep their types. Exit code 1 where a test failed.
            """)

    @Argument(
        help: "Files of tests; else every *.test.yaml in this folder and those below.",
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String] = []

    @Option(help: ArgumentHelp("Write the results as JUnit XML too.", valueName: "file"), completion: .file())
    var junit: String?

    @OptionGroup var keys: HouseKeys

    @Option(help: "The hub's address; else KOMOKU_SERVER, else ws://127.0.0.1:7274.")
    var server: String?

    func run() async throws {
        let program = try HubProgram.find(for: "test")
        let known = try await keys.arguments(HubOptions.parse(server.map { ["--server", $0] } ?? []))
        try HubProgram.become(program, ["--test"] + known + (junit.map { ["--junit", $0] } ?? []) + files)
    }
}
