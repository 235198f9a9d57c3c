import Komoku
import KomokuYAML
import Testing

@testable import KomokuHub

@Suite struct DeviceNamesTests {
    @Test(arguments: [
        ("*.linkquality", "a.linkquality", ["a"]), ("a.**", "a.b.c", ["b.c"]), ("a.**", "a", [""]),
        ("**.c", "a.b.c", ["a.b"]), ("a.*.*", "a.b.c", ["b", "c"]), ("**.x.**", "a.x.b.x.c", ["a", "b.x.c"]),
        ("**.b.*", "a.b.c.b.d", ["a.b.c", "d"]), ("**", "a.b", ["a.b"]), ("a.b", "a.b", []),
    ])
    func aPatternTellsWhatItsWildcardsStandFor(pattern: String, name: String, captures: [String]) throws {
        let found = KeyCaptures(of: try KeyName(validating: name), by: try KeyPattern(validating: pattern))
        #expect(found?.texts == captures)
    }

    @Test(arguments: [
        ("*.x", "a.y"), ("a.b", "a.c"), ("a.b", "a"), ("*", "a.b"), ("**.c.**.d", "a.c.e"),
    ])
    func aPatternThatDoesNotMatchCapturesNothing(pattern: String, name: String) throws {
        #expect(KeyCaptures(of: try KeyName(validating: name), by: try KeyPattern(validating: pattern)) == nil)
    }

    private func read(_ yaml: String) throws -> (DeviceNames, [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(yaml, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        let root = SettingsReader(try #require(document.root), report: report)
        let names = DeviceNames.read(root.section("devices"))
        root.finish()
        return (names, report.diagnostics.sorted.map(\.description))
    }

    @Test func devicesAndKeysAreGivenNames() throws {
        let (names, problems) = try read(
            """
            devices:
              names:
                "0x00158d0001a2b3c1": living.climate
                Stair PIR: stairs
                "*.linkquality": signal.{1}
                "kitchen.**": "cook.{1}"
                "boiler.flow": heating.flow
            """)
        #expect(problems == [])
        #expect(names.part(of: DeviceID("0x00158d0001a2b3c1"), named: "x")?.text == "living.climate")
        #expect(names.part(of: DeviceID("x"), named: "Stair PIR")?.text == "stairs")
        #expect(names.part(of: DeviceID("x"), named: "stair pir") == nil)
        let keys = ["a.linkquality": "signal.a", "kitchen.a.b": "cook.a.b", "boiler.flow": "heating.flow"]
        for (key, name) in keys { #expect(names.name(insteadOf: try KeyName(validating: key))?.text == name) }
        #expect(names.name(insteadOf: try KeyName(validating: "a.b")) == nil)
        #expect(names.name(insteadOf: try KeyName(validating: "kitchen.linkquality"))?.text == "signal.kitchen")
    }

    @Test(arguments: [
        ("lamp: a b", "' ' is not allowed"), ("lamp: [x]", "expects the first part of keys"),
        ("'*.x': '{2}.x'", "'{1}' is what the wildcard"), ("'a.x': '{1}.x'", "has no wildcard"),
        ("'*.x': '{1'", "'}' is missing"), ("'*.x': 'a..b'", "segment is empty"), ("'*': x", "matches no key"),
        ("'*.x': '{-1}'", "'{1}' is what"), ("'*.*': '{3}'", "'{1}' to '{2}'"), ("'*.x': ''", "empty"),
    ])
    func whatIsWrongIsReportedWithItsPlace(entry: String, reason: String) throws {
        let (names, problems) = try read("devices:\n  names:\n    \(entry)\n")
        #expect(names.entries == [])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("k.yaml:3:") == true)
        #expect(problems.first?.contains(reason) == true, "\(problems)")
    }
}
