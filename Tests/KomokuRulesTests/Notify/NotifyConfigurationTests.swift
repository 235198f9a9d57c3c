import Komoku
import KomokuTesting
import KomokuYAML
import Testing

@testable import KomokuRules

struct NotifyConfigurationTests {
    @Test func `targets and quiet hours are read`() {
        let (configuration, problems) = Self.read(
            """
            notify:
              targets:
                phone: {http: {url: "https://push.example/x", headers: {Authorization: "Bearer {topic}"}, body: {text: "{message}", n: 1, urgent: true}}}
                hook: {http: "http://nas.local/hook"}
                hall: {mqtt: {topic: "notify/{rule}", qos: 1, payload: "{title}|{message}"}}
                note: {log: warning}
              quiet: {from: "22:00", to: "07:00"}
            """)
        #expect(problems == [])
        #expect(configuration.names == ["phone", "hook", "hall", "note", "log"])
        #expect(configuration.quiet == QuietHours(from: 22 * 3600, to: 7 * 3600))
    }

    @Test func `without the section there is the log`() {
        let (configuration, problems) = Self.read("rules: []")
        #expect(problems == [])
        #expect(configuration.names == ["log"] && configuration.quiet == nil)
    }

    @Test(arguments: [
        ("{phone: {}}", "needs one of 'log', 'mqtt', 'http'"),
        ("{phone: {mqqt: {topic: a}}}", "'mqqt'"),
        ("{phone: {mqtt: {topic: 'a/+'}}}", "is not a topic to publish to: '+' and '#' are for subscribing"),
        ("{phone: {mqtt: {payload: x}}}", "needs 'topic'"),
        ("{phone: {mqtt: {topic: a, qos: 3}}}", "a whole number from 0 to 2"),
        ("{phone: {http: {url: 'ftp://x'}}}", "this is no address to send to; it begins with http:// or https://"),
        ("{phone: {http: {url: 'http://x', method: GET, body: x}}}", "a GET has no body"),
        ("{phone: {http: {url: 'http://x', body: '{mesage}'}}}", "message"),
        ("{phone: {log: loud}}", "'log'"),
        ("{'a b': {log: info}}", "use letters, digits"),
        ("{phone: {mqtt: notify/x}}", #"write mqtt: {topic: "notify/x"}"#),
    ])
    func `mistakes are said with a remedy`(targets: String, expected: String) {
        let (_, problems) = Self.read("notify:\n  targets: \(targets)\n")
        #expect(problems.contains { $0.contains(expected) }, "\(problems)")
    }

    @Test(arguments: [
        ("{from: '22:00'}", "needs 'to'"), ("{from: '25:00', to: '07:00'}", "a day goes from 00:00 to 23:59"),
        ("{from: '07:00', to: '07:00'}", "the quiet hours end when they begin"),
        ("{from: 22, to: '7:00'}", "put it in quotes"),
        ("'22:00-07:00'", #"write quiet: {from: "22:00", to: "07:00"}"#),
    ])
    func `quiet hours are times`(quiet: String, expected: String) {
        let (_, problems) = Self.read("notify: {quiet: \(quiet)}\n")
        #expect(problems.contains { $0.contains(expected) }, "\(problems)")
    }

    @Test func `one mistake is one message`() {
        let (configuration, problems) = Self.read(
            "notify: {targets: {phone: {telegram: 5}, hall: {mqtt: {topic: a}}}}\n")
        #expect(problems.count == 2, "what it needs, and what it has instead: \(problems)")
        #expect(configuration.names == ["phone", "hall", "log"])
        #expect(configuration.targets["phone"] == nil)
        let (_, misplaced) = Self.read("notify: {phone: {http: 'http://nas.local/'}}\n")
        #expect(misplaced.count == 1 && misplaced[0].hasSuffix("targets stand under 'targets'"), "\(misplaced)")
    }

    @Test func `without a broker there is nobody to publish for`() {
        let (_, problems) = Self.read("notify: {targets: {a: {mqtt: {topic: x}}}}\n", hasBroker: false)
        #expect(problems.contains { $0.contains("there is no broker") })
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6])
    func `any damage to the section is read without a crash`(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        let text =
            "notify: {targets: {a: {mqtt: {topic: x}}, b: {http: {url: 'http://x', body: {t: '{message}'}}}}, quiet: {from: '22:00', to: '07:00'}}"
        for _ in 0..<200 {
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 8..<bytes.count, using: &generator)] = UInt8.random(
                    in: 32...126, using: &generator)
            }
            _ = Self.read(String(decoding: bytes, as: UTF8.self))
        }
    }

    static func read(_ yaml: String, hasBroker: Bool = true) -> (NotifyConfiguration, [String]) {
        let source = YAMLSource(environment: [:], files: NoSettingsFiles())
        let document = source.parse(yaml, file: "komoku.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else {
            return (NotifyConfiguration(), report.diagnostics.sorted.map(\.description))
        }
        let reader = SettingsReader(root, report: report)
        reader.declare("rules")
        let configuration = NotifyConfiguration.read(reader, hasBroker: hasBroker)
        reader.finish()
        return (configuration, report.diagnostics.sorted.map(\.description))
    }
}

private struct NoSettingsFiles: SettingsFiles {
    func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] { throw FileFailure("No such file") }
    func names(in directory: String) -> [String] { [] }
}
