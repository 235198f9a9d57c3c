import Glibc
import Komoku
import KomokuTesting
import Testing

/// The man pages and the completions, against what the parser takes.
@Suite struct ManualTests {
    /// A command with its words, and the long options that it takes.
    struct Command: Sendable, CustomTestStringConvertible {
        let words: [String]
        /// The same where what it does without a further word is spelt out.
        let path: [String]
        let options: [String]

        var testDescription: String { words.joined(separator: " ") }
    }

    private static let everywhere: Set = ["help", "version"]

    @Test func `each option of komoku is in its man page, with its command or with those of all`() async throws {
        let page = try ManualPage("komoku.1")
        let commands = try await Self.commands(of: "komoku")
        #expect(commands.count >= 40)
        for command in commands {
            let entries = page.entries(of: command.words)
            #expect(!entries.isEmpty, "\(command.testDescription) is not in the page")
            let text = (entries + page.common).joined(separator: "\n")
            for option in command.options where !text.names(option) {
                Issue.record("\(command.testDescription) --\(option) is not in the page")
            }
        }
    }

    @Test func `each option of komokud is in its man page`() async throws {
        let page = try ManualPage("komokud.8")
        let options = try await Self.commands(of: "komokud").flatMap(\.options)
        #expect(options.count > 10)
        for option in options where !page.text.names(option) { Issue.record("--\(option) is not in the page") }
    }

    @Test func `what the man page says of options there is`() async throws {
        let options = try await Self.commands(of: "komoku").flatMap(\.options)
        let known = Set(options + ["generate-completion-script"])
        for word in try ManualPage("komoku.1").text.options where !known.contains(word) {
            Issue.record("there is no --\(word)")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions have each command and each of its options`(shell: String) async throws {
        let (code, lines) = try await RunningProcess.run("komoku", ["--generate-completion-script", shell])
        #expect(code == 0)
        let functions = CompletionScript(lines)
        for command in try await Self.commands(of: "komoku") {
            let text = functions.text(of: command.path, shell)
            #expect(!text.isEmpty, "\(command.testDescription)")
            for option in command.options where !text.completes(option, shell) {
                Issue.record("\(command.testDescription) --\(option) is not completed")
            }
        }
    }

    /// Every command with its options, as the parser tells them.
    private static func commands(of program: String) async throws -> [Command] {
        let (_, lines) = try await RunningProcess.run(program, ["--experimental-dump-help"])
        let root = try #require(try JSON(parsing: lines.joined(separator: "\n"))["command"])
        return commands(root, [])
    }

    private static func commands(_ json: JSON, _ path: [String]) -> [Command] {
        let options = (json["arguments"]?.array ?? []).flatMap { $0["names"]?.array ?? [] }
            .filter { $0["kind"] == "long" }.compactMap { $0["name"]?.string }
        // What lists is what the command does without a further word.
        let own = path.last == "list" ? Array(path.dropLast()) : path
        let below = (json["subcommands"]?.array ?? []).flatMap { child -> [Command] in
            guard let name = child["commandName"]?.string, name != "help" else { return [] }
            return commands(child, path + [name])
        }
        // What has commands below takes no options of its own.
        let isGroup = !below.isEmpty
        return (isGroup ? [] : [Command(words: own, path: path, options: options.filter { !everywhere.contains($0) })])
            + below
    }
}

/// A man page, in parts.
private struct ManualPage {
    /// Without its macros' quotes and escapes.
    let text: String
    private let blocks: [(tag: String, text: String)]
    /// What is said of the options of all commands.
    let common: [String]

    init(_ name: String) throws {
        let plain = try Self.read(Repository.path("docs/man/\(name)")).map { line in
            var line = line
            for (mark, letter) in [("\\-", "-"), ("\\fR", ""), ("\\fI", ""), ("\\fB", ""), ("\"", "")] {
                line = line.split(separator: mark, omittingEmptySubsequences: false).joined(separator: letter)
            }
            return line
        }
        text = plain.joined(separator: "\n")
        var blocks: [(tag: String, text: String)] = []
        var section = ""
        for (index, line) in plain.enumerated() {
            if line.hasPrefix(".SH ") { section = line }
            let isStart = index > 0 && plain[index - 1] == ".TP" && section == ".SH COMMANDS"
            if isStart {
                blocks.append((line, line))
            } else if let last = blocks.indices.last, section == ".SH COMMANDS" {
                blocks[last].text += "\n" + line
            }
        }
        self.blocks = blocks
        let parts = text.split(separator: ".SH ", omittingEmptySubsequences: false)
        common = parts.filter { $0.hasPrefix("OPTIONS") || $0.hasPrefix("TIMES") }.map(String.init)
    }

    private static func read(_ path: String) throws -> [String] {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw ChildProcess.Failure(description: "no \(path)") }
        defer { close(file) }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = Glibc.read(file, &buffer, buffer.count), count > 0 { bytes += buffer.prefix(count) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    /// The entries whose heading is that command: `.BI enable RULE, disable RULE` is of two.
    func entries(of words: [String]) -> [String] {
        blocks.filter { block in
            let tag = block.tag.drop { $0 != " " }.dropFirst()
            return tag.split(separator: ",").contains { part in
                let found = part.split(separator: " ").map(String.init)
                return found.starts(with: words) && !(words == ["devices"] && found.dropFirst().first != nil)
            }
        }.map(\.text)
    }
}

/// The functions of a script, or its lines where it has none.
private struct CompletionScript {
    private let lines: [String]

    init(_ lines: [String]) { self.lines = lines }

    func text(of words: [String], _ shell: String) -> String {
        let words = words == ["devices"] ? ["devices", "list"] : words
        if shell == "fish" {
            return lines.filter { $0.contains("\"komoku \(words.joined(separator: " "))\"") }.joined(separator: "\n")
        }
        let name = "_komoku_" + words.joined(separator: "_")
        guard let start = lines.firstIndex(where: { $0.hasPrefix("\(name)()") }) else { return "" }
        return lines[start...].prefix { $0 != "}" }.joined(separator: "\n")
    }
}

extension String {
    /// Whether an option stands there as a whole word.
    fileprivate func names(_ option: String) -> Bool { options.contains(option) }

    /// Every word behind two hyphens.
    fileprivate var options: [String] {
        split(separator: "--", omittingEmptySubsequences: false).dropFirst().map { rest in
            String(rest.prefix { $0.isASCII && ($0.isLetter || $0 == "-") })
        }.filter { !$0.isEmpty }
    }

    fileprivate func completes(_ option: String, _ shell: String) -> Bool {
        shell == "fish" ? contains("-l '\(option)'") : names(option)
    }
}
