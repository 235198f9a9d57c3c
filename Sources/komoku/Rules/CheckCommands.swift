internal import ArgumentParser
internal import Komoku

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a configuration and list its errors and warnings.",
        discussion: """
            Works without a running hub, but needs the program komokud to be installed. If a hub is running, rules are also \
            checked against its keys: names, types, units, values and limits. Exit code 1 if there are errors; warnings alone \
            give 0.
            """)

    @Argument(
        help: "The configuration; default: /etc/komoku/komoku.yaml.", completion: .file(extensions: ["yaml", "yml"]))
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
        commandName: "test", abstract: "Test rules on a simulated clock; nothing is really switched.",
        discussion: """
            Runs the real rule engine on a simulated clock with a temporary database; nothing is published. Works without a \
            running hub, but needs the program komokud to be installed. Exit code 1 if a test failed. If a hub is \
            running, keys have the same types as there.
            """)

    @Argument(
        help: "Test files or folders; default: every *.test.yaml in this folder and below.",
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String] = []

    @Option(help: ArgumentHelp("Also write the results as JUnit XML.", valueName: "file"), completion: .file())
    var junit: String?

    @OptionGroup var keys: HouseKeys

    @OptionGroup var hub: HubOptions

    func run() async throws {
        let program = try HubProgram.find(for: "test")
        let known = try await keys.arguments(hub)
        let words = ["--test"] + (hub.json ? ["--json"] : []) + (junit.map { ["--junit", $0] } ?? [])
        try HubProgram.become(program, words + known + files)
    }
}
