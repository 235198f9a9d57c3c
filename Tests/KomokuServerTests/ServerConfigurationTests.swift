import Komoku
@testable import KomokuServer
import KomokuWire
import KomokuYAML
import Testing

struct ServerConfigurationTests {
    private func read(_ text: String) -> (Server.Configuration, [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: "komoku.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else {
            return (Server.Configuration(), document.diagnostics.all.map(\.description))
        }
        let reader = SettingsReader(root, report: report)
        let configuration = Server.Configuration.read(reader)
        reader.finish()
        return (configuration, report.diagnostics.sorted.map(\.description))
    }

    @Test func portsHaveTheirVersions() {
        let (configuration, problems) = read("listen: [{port: 7272, api: 1}, {port: 80, api: 2, address: '::1'}]")
        #expect(problems == [])
        #expect(
            configuration.endpoints == [
                Server.Endpoint(port: 7272, version: .v1), Server.Endpoint(address: "::1", port: 80, version: .v2),
            ])
    }

    @Test func withoutTheSectionTheUsualPortsAreOnLoopback() {
        let (configuration, problems) = read("other: 1")
        #expect(problems.count == 1)
        #expect(configuration.endpoints.map(\.description) == ["127.0.0.1:7272", "127.0.0.1:7274"])
    }

    @Test(arguments: [
        ("listen: [{port: 7272, address: 0.0.0.0}]", "1:32: error:", "whoever reaches that address"),
        ("listen: [{port: 7272, address: home}]", "1:32: error:", "no IP address"),
        ("listen: [{port: 7272, api: 3}]", "1:28: error:", "1 or 2"),
        ("listen: [{port: 70000}]", "1:17: error:", "65535"),
        ("listen: [{api: 1}]", "1:10: error:", "needs 'port'"),
        ("listen: [{port: 1, adress: '::1'}]", "1:20: error:", "did you mean 'address'?"),
        ("listen: [{port: 5}, {port: 5}]", "1:1: error:", "port 5"),
    ])
    func mistakesAreSaidWithTheirPlace(text: String, place: String, words: String) {
        let (_, problems) = read(text)
        #expect(problems.count == 1)
        #expect(problems.first?.contains("komoku.yaml:" + place) == true, "\(problems)")
        #expect(problems.first?.contains(words) == true, "\(problems)")
    }
}
