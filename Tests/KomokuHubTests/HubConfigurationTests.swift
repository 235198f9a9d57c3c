import Komoku
import KomokuHub
import KomokuYAML
import Testing

@Suite struct HubConfigurationTests {
    private func read(_ text: String) -> (Hub.Configuration, [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: "komoku.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else {
            return (Hub.Configuration(), document.diagnostics.all.map(\.description))
        }
        let reader = SettingsReader(root, report: report)
        let configuration = Hub.Configuration(reading: reader)
        reader.finish()
        return (configuration, report.diagnostics.sorted.map(\.description))
    }

    @Test func `names, patterns and options are read`() {
        let (configuration, problems) = read(
            """
            hub: {name: home, timezone: Europe/Warsaw, location: {latitude: 52.23, longitude: 21.01}}
            keys:
              "**": {same_value_resolution: 60s}
              hall.motion: {type: uptime, max_time: 90s}
              alarm: {type: string, values: [armed, disarmed]}
            """)
        #expect(problems == [])
        #expect(configuration.name == "home")
        #expect(configuration.timeZone == "Europe/Warsaw")
        #expect(configuration.location == .init(latitude: 52.23, longitude: 21.01))
        #expect(configuration.keys.map(\.pattern.text) == ["**", "hall.motion", "alarm"])
        #expect(configuration.keys[1].type == .uptime)
        #expect(JSON.object(configuration.keys[1].options).text == #"{"max_time":90}"#)
        #expect(JSON.object(configuration.keys[2].options).text == #"{"values":["armed","disarmed"]}"#)
    }

    @Test(arguments: [
        ("hub: {nmae: home}", "1:7: error: 'hub' has no setting 'nmae'; did you mean 'name'?"),
        (
            "hub: {location: {latitude: 99, longitude: 0}}",
            "1:28: error: 'latitude' expects a number from -90 to 90, found '99'"
        ),
        ("hub: {timezone: Warsaw}", "1:17: error: 'timezone' expects a time zone such as 'Europe/Warsaw'"),
        ("keys: {a b: {}}", "1:8: error: a key of 'keys' expects a key or a pattern such as 'kitchen.*', found 'a b'"),
        ("keys: {a: {type: numerik}}", "1:18: error: 'type' expects one of"),
        ("keys: {a: {max_time: 0s}}", "1:22: error: 'max_time' expects a duration"),
        ("keys: {a: {precision: 20}}", "1:23: error: 'precision' expects a whole number from 0 to 15"),
        ("keys: {a: {values: []}}", "1:12: error: 'values' is empty"),
        ("keys: {a: {type: numeric, log: true}}", "1:27: error: 'log' is for string keys"),
        ("keys: {a: {keep: 0}}", "1:18: error: 'keep' expects a whole number"),
        ("keys: [a]", "1:7: error: 'keys' expects a mapping"),
    ])
    func `what is wrong is told with its place`(text: String, problem: String) {
        let problems = read(text).1
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("komoku.yaml:" + problem) == true, "\(problems)")
    }
}
