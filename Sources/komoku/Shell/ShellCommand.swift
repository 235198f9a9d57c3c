internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuSystem

struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Type commands one after another, without 'komoku' before each.",
        discussion: """
            What says which hub is meant, and how, counts for all of them. On a terminal lines can be edited; Tab completes commands \
            and names, Ctrl-R searches the lines typed before, exit or Ctrl-D ends. Otherwise each line of the standard input is a \
            command, # begins a comment, and the exit code is that of the last command.
            """)

    @OptionGroup var hub: HubOptions

    func run() async throws {
        // What is wrong with the options is said at once, and a password is asked for once.
        try keepPassword()
        _ = try hub.target()
        let code = isatty(STDIN_FILENO) == 1 && !Terminal.isDumb ? try await converse() : try readLines()
        guard code == 0 else { throw Failure(message: "", code: code) }
    }

    private func keepPassword() throws {
        guard let user = hub.user, (HubProgram.environment("KOMOKU_PASSWORD") ?? "").isEmpty else { return }
        setenv("KOMOKU_PASSWORD", try PasswordInput.ask("Password of \(user.printable): "), 1)
    }

    private func readLines() throws -> Int32 {
        var code: Int32 = 0
        while let line = readLine() {
            guard let next = run(line, code) else { break }
            code = next
        }
        return code
    }

    private func converse() async throws -> Int32 {
        let terminal = ShellTerminal(prompt: "komoku> ")
        var (history, code) = (ShellHistory(), Int32(0))
        while true {
            switch try await terminal.line(history.lines, complete: completion) {
            case .ended: return code
            case .cancelled: continue
            case .text(let line):
                history.add(line)
                guard let next = run(line, code) else { return code }
                code = next
            }
        }
    }

    /// - Returns: the exit code, that of the line before where this one has no command; nil where it ends the shell.
    private func run(_ line: String, _ before: Int32) -> Int32? {
        let line = ShellWords(line)
        if let quote = line.openQuote {
            Terminal.complain("the quote \(quote) is not closed")
            return 2
        }
        let words = line.words.first == "komoku" ? Array(line.words.dropFirst()) : line.words
        guard let command = words.first else { return before }
        if ["exit", "quit"].contains(command) { return nil }
        if command == "shell" {
            Terminal.complain("this is the shell already")
            return 2
        }
        return execute(KomokuCommand.arranged(common(for: command) + words))
    }

    /// What every command of the shell takes.
    private func common(for command: String) -> [String] {
        // These do not ask a hub.
        if ["help", "tls", "discover", "check", "test"].contains(command) || command.hasPrefix("-") { return [] }
        let given = [
            ("--server", hub.server), ("--hub", hub.hubName), ("--token", hub.token), ("--token-file", hub.tokenFile),
            ("--user", hub.user), ("--ca", hub.ca), ("--fingerprint", hub.fingerprint), ("--zone", hub.zone),
        ]
        let options = given.flatMap { name, value in value.map { [name, $0] } ?? [] }
        return options + (hub.json ? ["--json"] : []) + (hub.noColor ? ["--no-color"] : [])
    }

    /// A process of its own: Ctrl-C ends a command, and not the shell.
    private func execute(_ arguments: [String]) -> Int32 {
        // Not ignored, which the command would inherit.
        let kept = signal(SIGINT) { _ in }
        defer { signal(SIGINT, kept) }
        do {
            return try ChildProgram(HubProgram.ownPath, arguments).waitForEnd()
        } catch {
            Terminal.complain("the command cannot be started: \(error)")
            return 1
        }
    }

    private func completion(_ text: String) async -> ShellCompletion {
        let line = ShellWords(text)
        let typed = line.isOpen ? line.words.last ?? "" : ""
        let words = line.isOpen ? Array(line.words.dropLast()) : line.words
        switch ShellCompletion.source(after: words, typed: typed) {
        case .words(let words): return ShellCompletion(words, typed: typed)
        case .names(let names):
            return ShellCompletion(await names.list(for: common(for: "keys") + words), typed: typed)
        }
    }
}
