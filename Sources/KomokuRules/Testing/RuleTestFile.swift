package import Komoku
package import KomokuYAML

/// Tests of rules, as a `*.test.yaml` file has them. See `docs/testing.md`.
package struct RuleTestFile: Sendable {
    /// The configuration under test, as it is written.
    package let subject: String
    package let tests: [RuleTest]
}

/// One test: what there is at first, and what happens then.
package struct RuleTest: Sendable {
    package let name: String
    package let position: SourcePosition
    /// Local time of the hub's zone: `2026-03-27 05:00`.
    package let start: String?
    package let zone: String?
    package let place: Place?
    package let given: [Assignment]
    package let steps: [Step]

    package struct Place: Hashable, Sendable {
        package let latitude: Double
        package let longitude: Double
    }

    package struct Assignment: Sendable {
        package let key: KeyName
        package let value: JSON
        package let position: SourcePosition
    }

    package struct Step: Sendable {
        package let position: SourcePosition
        package let action: Action
    }

    package indirect enum Action: Sendable {
        case put([Assignment])
        case mqtt(topic: String, payload: String, retain: Bool)
        case emit(name: String, payload: JSON)
        case webhook(name: String, payload: String)
        case command(text: String, sender: String)
        case acknowledge(String)
        /// Goes on to that local time; a time without a date is the next such time.
        case at(String)
        case advance(Duration)
        /// Sets the wall clock forward, or back where it is negative.
        case clock(Duration)
        /// - Parameter kills: loses what no commit holds.
        case restart(kills: Bool, down: Duration)
        /// Does the step, is killed before its commit, starts again, and is sent it once more.
        case killDuring(Action)
        case reload(String?)
        /// What servers and programs answer from now on; nil never answers.
        case answers(http: Answer?, program: Answer?)
        case expect(Expectation)
        case expectNothing
    }

    package struct Answer: Hashable, Sendable {
        package var status: Int
        package var text: String
        package var isSilent: Bool
    }

    /// What is expected since the expectation before; what is nil is not looked at.
    package struct Expectation: Sendable {
        package var keys: [Assignment] = []
        package var publishes: [Fields]?
        package var http: [Fields]?
        package var programs: [Fields]?
        package var notifications: [Fields]?
        package var logs: [Fields]?
        package var runs: [Fields]?
    }

    /// The members that something has to have; others do not matter.
    package struct Fields: Sendable {
        package let position: SourcePosition
        package let members: [JSON.Member]
    }
}

extension RuleTestFile {
    /// Reads a file.
    ///
    /// - Returns: nil where the findings hold an error.
    package static func load(
        _ path: String, files: any SettingsFiles = DiskFiles()
    ) -> (file: RuleTestFile?, findings: [Diagnostic]) {
        let source = YAMLSource(environment: [:], files: files)
        let document = source.load(path)
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return (nil, report.diagnostics.sorted) }
        let reader = SettingsReader(root, report: report)
        let file = RuleTestFile(reading: reader)
        reader.finish()
        return (report.diagnostics.hasErrors ? nil : file, report.diagnostics.sorted)
    }

    private init?(reading settings: SettingsReader) {
        settings.declare("rules", "hub", "start", "tests")
        settings.refuseStrangers(to: .testFile)
        let subject = settings.needed(
            "rules", .nonEmptyString, of: .testFile, remedy: "the path of the configuration under test")
        let start = settings.value("start", .nonEmptyString)
        let hub = settings.section("hub")
        let zone = hub.value("timezone", .nonEmptyString)
        let place = hub.mapping("location").flatMap(RuleTest.Place.init)
        hub.finish()
        let tests = settings.needed(
            "tests",
            .list(of: SettingType.mapping { RuleTest(reading: $0, start: start, zone: zone, place: place) }),
            of: .testFile, remedy: "write tests: [{name: …, steps: […]}]")
        guard let subject, let tests else { return nil }
        if tests.isEmpty { settings.error(at: "tests", "'tests' is empty", remedy: "a file has at least one test") }
        var names: [String: SourcePosition] = [:]
        for test in tests {
            if let first = names.updateValue(test.position, forKey: test.name) {
                settings.report.error(
                    at: test.position, "there are two tests '\(test.name)', the first at \(first)",
                    remedy: "give each a name of its own")
            }
        }
        self.subject = subject
        self.tests = tests
    }
}

extension RuleTest.Place {
    fileprivate init?(_ settings: SettingsReader) {
        let latitude = settings.required("latitude", .number(in: -90...90))
        let longitude = settings.required("longitude", .number(in: -180...180))
        settings.finish()
        guard let latitude, let longitude else { return nil }
        (self.latitude, self.longitude) = (latitude, longitude)
    }
}

extension RuleTest {
    fileprivate init?(reading settings: SettingsReader, start: String?, zone: String?, place: Place?) {
        settings.declare("name", "start", "given", "steps")
        settings.refuseStrangers(to: .test)
        let name = settings.needed("name", .nonEmptyString, of: .test)
        let own = settings.value("start", .nonEmptyString)
        let given = settings.setting("given").map(Self.assignments) ?? []
        let steps = settings.needed(
            "steps", .list(of: SettingType.mapping { Step(reading: $0) }), of: .test,
            remedy: "write steps: [{put: {hall.motion: true}}, {expect: {keys: {hall.light: true}}}]")
        settings.finish()
        guard let name, let steps else { return nil }
        self.name = name
        position = settings.position
        self.start = own ?? start
        self.zone = zone
        self.place = place
        self.given = given
        self.steps = steps
    }

    static func assignments(_ setting: Setting) -> [Assignment] {
        guard let entries = setting.value(.entries(.keyName, .node)) else { return [] }
        return entries.compactMap { entry in
            guard let value = entry.value.json else { return nil }
            return Assignment(key: entry.key, value: value, position: entry.value.position)
        }
    }
}
