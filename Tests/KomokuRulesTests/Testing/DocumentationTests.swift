import Glibc
import Komoku
import KomokuRules
import KomokuTesting
import Logging
import Testing

/// What the documentation shows is what is taken.
@Suite("The documentation")
struct DocumentationTests {
    struct Block: Sendable, CustomTestStringConvertible {
        let file: String
        let line: Int
        let text: String

        var testDescription: String { "\(file):\(line)" }
    }

    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        .joined(separator: "/")

    private static func read(_ path: String) -> String {
        guard let file = fopen("\(root)/\(path)", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The blocks of YAML in a page.
    private static func blocks(_ path: String) -> [Block] {
        var blocks: [Block] = []
        var (start, lines): (Int?, [Substring]) = (nil, [])
        for (index, line) in read(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let begin = start {
                if line.hasPrefix("```") {
                    blocks.append(Block(file: path, line: begin, text: lines.joined(separator: "\n") + "\n"))
                    (start, lines) = (nil, [])
                } else {
                    lines.append(line)
                }
            } else if line == "```yaml" {
                start = index + 2
            }
        }
        return blocks
    }

    /// The keys that the pages speak of, where a block has none of its own.
    private static let house: [(String, String)] = [
        ("hall.motion", "boolean"), ("hall.lux", "numeric"), ("hall.lamp", "boolean"), ("hall.light", "boolean"),
        ("stairs.motion", "boolean"), ("stairs.light", "boolean"), ("house.asleep", "boolean"),
        ("house.mode", "string"), ("desk.button", "string"), ("washer.power", "numeric"), ("washer.energy", "counter"),
        ("kitchen.temperature", "numeric"), ("kitchen.window", "boolean"), ("heating.target", "numeric"),
        ("doorbell.presses", "numeric"), ("garage.door", "boolean"), ("gate.contact", "boolean"),
        ("door.battery", "numeric"), ("blinds.position", "numeric"),
    ]

    /// A block is a part of a configuration, or a list of triggers or of actions.
    private static func configuration(_ text: String) -> String {
        var text = text
        if text.hasPrefix("- ") {
            let first = text.dropFirst(2).prefix { $0.isLetter || $0 == "_" || $0 == "{" }.filter { $0 != "{" }
            let isTrigger = [
                "change", "becomes", "at", "every", "cron", "mqtt", "event", "stale", "recovered", "start", "webhook",
                "command", "emit", "calendar", "motion",
            ].contains(first)
            let list = text.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
            text = "rules:\n  - name: shown\n"
            text +=
                isTrigger ? "    when:\n\(list)\n    then: {log: x}\n" : "    when: {start: true}\n    then:\n\(list)\n"
        }
        guard !text.contains("\nkeys:"), !text.hasPrefix("keys:") else { return text }
        let keys = house.map { name, type in
            "  \(name): {type: \(type)\(name == "desk.button" ? ", event: true" : "")}\n"
        }
        return "hub: {timezone: Europe/Warsaw, location: {latitude: 52.23, longitude: 21.01}}\n"
            + "calendars: {bins: bins.ics, school: school.ics}\nholidays: [12-25]\nkeys:\n" + keys.joined() + text
    }

    static let rules = blocks("docs/rules.md")

    @Test("of rules has examples")
    func count() {
        #expect(Self.rules.count >= 7)
    }

    @Test("of rules shows what can be loaded, without a warning", arguments: rules)
    func load(_ block: Block) throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(Self.configuration(block.text), to: "shown.yaml")
        for name in ["bins.ics", "school.ics"] { try folder.write(Self.read("config/examples/\(name)"), to: name) }
        let (subject, findings) = ExampleLoader.load(folder.path("shown.yaml"), .init())
        #expect(subject != nil)
        #expect(findings.isEmpty, "\(block.file):\(block.line)\n\(findings.map(\.description).joined(separator: "\n"))")
    }

    static let tests = blocks("docs/testing.md").filter { $0.text.contains("tests:") }

    @Test("of tests shows tests that pass", arguments: tests)
    func pass(_ block: Block) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(Self.read("config/examples/motion-light.yaml"), to: "motion-light.yaml")
        try folder.write(block.text, to: "motion-light.test.yaml")
        let logger = Logger(label: "documentation") { _ in SwiftLogNoOpLogHandler() }
        let suite = RuleTestSuite(logger: logger, loader: ExampleLoader.load)
        let outcome = await suite.run(folder.path("motion-light.test.yaml"))
        #expect(!outcome.tests.isEmpty)
        #expect(outcome.passed, "\(outcome.tests.map { RuleTestReport().text(of: $0) }.joined())\(outcome.findings)")
    }

    /// Below a link to an example the page shows how that file ends.
    @Test("for those who come from Home Assistant shows the examples as they are")
    func showsExamples() {
        let page = "docs/from-home-assistant.md"
        let lines = Self.read(page).split(separator: "\n", omittingEmptySubsequences: false)
        var shown = 0
        for block in Self.blocks(page) {
            let above = lines[max(block.line - 3, 0)].split(separator: "`")
            guard let path = above.first(where: { $0.hasPrefix("config/examples/") }) else { continue }
            shown += 1
            #expect(Self.read(String(path)).hasSuffix("\n" + block.text), "\(page):\(block.line)")
        }
        #expect(shown == 25)
    }

    @Test("of tests has one")
    func hasTests() {
        #expect(!Self.tests.isEmpty)
    }
}
