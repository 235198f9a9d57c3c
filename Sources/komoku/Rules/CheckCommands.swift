internal import ArgumentParser
internal import Komoku

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read a configuration and tell every error and warning in it.",
        discussion: """
            Needs no running hub, but its program komokud, which does the reading. Exit code 1 where there are errors; \
            warnings do not count.
            """)

    @Argument(help: "The configuration; else /etc/komoku/komoku.yaml.", completion: .file(extensions: ["yaml", "yml"]))
    var file: String?

    func run() throws {
        let program = try HubProgram.find(for: "check")
        try HubProgram.become(program, ["--check"] + (file.map { ["--config", $0] } ?? []))
    }
}

struct TestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run tests of rules on a virtual clock.",
        discussion: """
            The real engine with a database in memory: nothing is published or asked for. Needs no running hub, but its \
            program komokud. Exit code 1 where a test failed.
            """)

    @Argument(
        help: "Files of tests; else every *.test.yaml in this folder and those below.",
        completion: .file(extensions: ["yaml", "yml"]))
    var files: [String] = []

    @Option(help: ArgumentHelp("Write the results as JUnit XML too.", valueName: "file"), completion: .file())
    var junit: String?

    func run() throws {
        let program = try HubProgram.find(for: "test")
        try HubProgram.become(program, ["--test"] + (junit.map { ["--junit", $0] } ?? []) + files)
    }
}
