internal import ArgumentParser
internal import Komoku

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a configuration and list its errors and warnings.",
        discussion: """
            Works without a running hub, but needs the program komokud to be installed. Where a hub runs, rules are checked \
            against its keys too: names, types, units, values and limits. Exit code 1 if there are errors; warnings alone \
            give 0.
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
        commandName: "test", abstract: "Test rules: simulated time, nothing is really switched.",
        discussion: """
            Runs the real rule engine on a simulated clock with a temporary database; nothing is published. Works without a \
            running hub, but needs the program komokud to be installed. Exit code 1 if a test failed. Where a hub \
            runs, keys have the types that they have there.
            """)

    @Argument(
        help: "Files of tests; else every *.test.yaml in this folder and those below.",
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String] = []

    @Option(help: ArgumentHelp("Write the results as JUnit XML too.", valueName: "file"), completion: .file())
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
