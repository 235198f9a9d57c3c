import Komoku
import KomokuYAML
import Testing

@testable import KomokuRules

/// Rules from the folder that clients write, and what they may reach.
@Suite struct EditableRulesTests {
    /// Files by their paths.
    private struct Table: SettingsFiles {
        let texts: [String: String]

        func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8] {
            guard let text = texts[path] else { throw FileFailure("No such file or directory") }
            return Array(text.utf8)
        }

        func names(in directory: String) -> [String] {
            texts.keys.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(directory.count + 1)) }
                .filter { !$0.contains("/") }
        }
    }

    private static func read(_ texts: [String: String]) -> (set: RuleSet, errors: [String]) {
        let source = YAMLSource(environment: ["SECRET": "x"], files: Table(texts: texts))
        let document = source.load("/c/k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return (.empty, document.diagnostics.sorted.map(\.description)) }
        let settings = SettingsReader(root, report: report)
        settings.declare("include")
        let set = RuleSet.read(settings, environment: RuleText.environment, targets: ["phone"])
        settings.finish()
        let errors = report.diagnostics.sorted.filter { $0.severity == .error }
        return (set, errors.map(\.description))
    }

    private static let rule = "{name: NAME, when: {change: hall.motion}, then: {put: {hall.light: true}}}"
    private static func rule(_ name: String) -> String { rule.replacing("NAME", with: name) }

    @Test func theListIsWrittenInEitherFormAndInIncludedFiles() {
        let main = "rules: {editable: own, list: [\(Self.rule("a"))]}\ninclude: [b.yaml, c.yaml]\n"
        let found = Self.read([
            "/c/k.yaml": main, "/c/b.yaml": "rules: [\(Self.rule("b"))]\n",
            "/c/c.yaml": "rules:\n  list: [\(Self.rule("c"))]\n",
            "/c/own/d.yaml": "- \(Self.rule("d"))\n",
            "/c/own/e.yaml": "scripts:\n  - {name: s, then: {log: x}}\nrules:\n  - \(Self.rule("e"))\n",
            "/c/own/d.test.yaml": "tests: []", "/c/own/README": "no", "/c/own/.x.yaml": "no",
        ])
        #expect(found.errors == [])
        #expect(found.set.rules.map(\.name) == ["s", "a", "b", "c", "d", "e"])
        #expect(found.set.editable?.folder == "/c/own")
        let listFirst = Self.read([
            "/c/k.yaml": "rules: [\(Self.rule("a"))]\ninclude: [b.yaml]\n", "/c/b.yaml": "rules: {editable: own}\n",
            "/c/own/d.yaml": "- \(Self.rule("d"))\n",
        ])
        #expect(listFirst.errors == [] && listFirst.set.rules.map(\.name) == ["a", "d"])
        #expect(Self.read(["/c/k.yaml": "rules: [\(Self.rule("a"))]\n"]).set.editable == nil)
    }

    private static func errors(_ action: String, _ limits: String = "") -> [String] {
        let rule = "- {name: r, when: {change: hall.motion}, then: [\(action)]}\n"
        return read(["/c/k.yaml": "rules: {editable: own\(limits)}\n", "/c/own/r.yaml": rule]).errors
    }

    @Test(arguments: [
        ("{run: [/usr/bin/say, hello]}", ", programs: [/usr/bin/say]"),
        ("{http: 'https://example.org/x?a={hall.lux}'}", ", hosts: [example.org]"),
        ("{http: 'https://EXAMPLE.org:8443/'}", ", hosts: [Example.org]"),
        ("{http: 'http://10.0.0.5:80/x'}", ", hosts: ['10.0.0.5:80']"),
        ("{publish: {topic: zigbee2mqtt/lamp/set, payload: x}}", ", topics: ['zigbee2mqtt/+/set']"),
        ("{publish: {topic: 'house/{hall.scene ?? \"x\"}', payload: x}}", ", topics: ['house/#']"),
        ("{notify: {to: phone, message: x}}", ""), ("{put: {hall.light: true}}", ""),
    ])
    func whatTheConfigurationAllowsIsDone(action: String, limits: String) {
        #expect(Self.errors(action, limits) == [])
    }

    @Test func aServerCannotSendThemToAnother() throws {
        let text = "{name: NAME, when: {change: hall.motion}, then: [{http: 'https://example.org/'}]}"
        let (set, errors) = Self.read([
            "/c/k.yaml": "rules: {editable: own, hosts: [example.org], list: [\(text.replacing("NAME", with: "a"))]}\n",
            "/c/own/r.yaml": "- \(text.replacing("NAME", with: "b"))\n",
        ])
        #expect(errors == [])
        var isFollowing: [String: Bool] = [:]
        for rule in set.rules {
            let http = try #require(rule.procedure.instructions.lazy.compactMap { $0.operation as? HTTP }.first)
            isFollowing[rule.name] = http.followsRedirects
            let request = try http.request(timeout: nil) { _ in nil }
            #expect(try CurlConfiguration(request).text.contains("location\n") == http.followsRedirects)
        }
        #expect(isFollowing == ["a": true, "b": false])
    }

    @Test(arguments: [
        ("{run: [/usr/bin/say, hello]}", "", "cannot run '/usr/bin/say'"),
        ("{run: [/usr/bin/say2]}", ", programs: [/usr/bin/say]", "cannot run '/usr/bin/say2'"),
        ("{run: {shell: say}}", ", programs: [say, /bin/sh]", "cannot run a shell"),
        ("{run: ['{hall.scene}']}", ", programs: [say]", "as a plain text"),
        ("{run: {program: say, environment: {LD_PRELOAD: x}}}", ", programs: [say]", "environment or folder"),
        ("{run: {program: say, directory: /tmp}}", ", programs: [say]", "environment or folder"),
        ("{http: 'https://evil.org/'}", ", hosts: [example.org]", "cannot ask 'evil.org'"),
        ("{http: 'https://example.org@evil.org/'}", ", hosts: [example.org]", "cannot ask 'evil.org'"),
        ("{http: 'https://example.org.evil.org/'}", ", hosts: [example.org]", "cannot ask"),
        ("{http: 'https://example.org{hall.scene}/'}", ", hosts: [example.org]", "as a plain text"),
        ("{http: 'https://example.org:81/'}", ", hosts: ['example.org:80']", "cannot ask"),
        ("{publish: {topic: a/b, payload: x}}", "", "cannot publish to 'a/b'"),
        ("{publish: {topic: a/b/c, payload: x}}", ", topics: ['a/+']", "cannot publish"),
        ("{publish: {topic: '{hall.scene}/x', payload: x}}", ", topics: ['+/x', 'house/#']", "whatever its values are"),
        ("{if: 'hall.lux > 1', then: [{run: [x]}]}", "", "cannot run 'x'"),
        ("{parallel: [[{run: [x]}], [{log: x}]]}", "", "cannot run 'x'"),
    ])
    func whatItDoesNotAllowIsAnErrorWithItsPlaceAndARemedy(action: String, limits: String, problem: String) {
        let errors = Self.errors(action, limits)
        #expect(errors.count == 1, "\(errors)")
        #expect(
            errors.first?.hasPrefix("/c/own/r.yaml:1:") == true && errors.first?.contains(problem) == true, "\(errors)")
        #expect(errors.first?.contains("/c/k.yaml:1:9") == true || errors.first?.contains("leave") == true, "\(errors)")
    }

    @Test func rulesOfTheConfigurationMayWhatTheyMight() {
        let rule = "{name: r, when: {change: hall.motion}, then: [{run: [x]}, {publish: {topic: a, payload: x}}]}"
        #expect(Self.read(["/c/k.yaml": "rules: {editable: own, list: [\(rule)]}\n"]).errors == [])
    }

    @Test(arguments: [
        ("rules: {editable: own}\n", "- {name: r, when: {change: hall.motion}, then: {log: '${SECRET}'}}\n", "SECRET"),
        ("rules: {editable: own}\n", "hub: {name: x}\nrules: []\n", "'hub'"),
        ("rules: {editable: own}\n", "include: [/etc/passwd]\n", "'include'"),
        ("rules: {editable: own}\n", "just text\n", "list of rules"),
        ("rules: {programs: [x]}\n", "[]", "there is none"),
        ("rules: {editable: own, topics: ['a/#/b']}\n", "[]", "'#' stands only at the end"),
        ("rules: {editable: own, hosts: ['https://x/']}\n", "[]", "server"),
        ("rules: {editable: own, list: [\(rule("r"))]}\n", "- \(rule("r"))\n", "two rules 'r'"),
    ])
    func whatIsNoRuleIsAnError(main: String, file: String, problem: String) {
        let errors = Self.read(["/c/k.yaml": main, "/c/own/r.yaml": file]).errors
        #expect(errors.contains { $0.contains(problem) }, "\(errors)")
    }
}
