import Foundation
import Komoku
import KomokuTesting
import Testing

@Suite struct DemoTests {
    @Test func `the demo shows a living house and leaves no process behind`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let port = try MosquittoBroker.freePort()
        let products = URL(filePath: RunningProcess.product("komoku")).deletingLastPathComponent().path
        let demo = try RunningProcess(
            Repository.path("config/run-demo"), [products],
            environment: [
                "KOMOKU_DEMO_DIR": folder.path, "KOMOKU_DEMO_V2": "\(port)",
                "KOMOKU_DEMO_V1": "\(try MosquittoBroker.freePort())",
            ])
        try await demo.line("Ctrl-C ends it")
        #expect(Self.processes(of: folder).count >= 4, "the script, the broker, the house, the hub")
        let server = ["KOMOKU_SERVER": "ws://127.0.0.1:\(port)"]
        let watch = try await RunningProcess.run("komoku", ["watch", "**", "--count", "5"], environment: server)
        #expect(watch.code == 0)
        #expect(watch.output.count { !$0.hasPrefix("times are ") } == 5)
        let first = ["watch", "kitchen_climate.temperature", "--init", "--count", "1"]
        #expect(try await RunningProcess.run("komoku", first, environment: server).code == 0)
        let get = try await RunningProcess.run("komoku", ["get", "kitchen_climate.temperature"], environment: server)
        #expect(get.code == 0)
        #expect(get.output.first?.hasSuffix("°C") == true)
        let days = try await RunningProcess.run(
            "komoku", ["stats", "house.energy", "--since", "6d", "--step", "day"], environment: server)
        #expect(days.code == 0 && days.output.count >= 7, "\(days.output)")
        let status = try await RunningProcess.run("komoku", ["status"], environment: server)
        #expect(status.code == 0, "\(status.output)")
        #expect(demo.end() == 0)
        #expect(Self.processes(of: folder) == [])
    }

    /// The command lines of what the demo started: its folder is in the environment of each.
    private static func processes(of folder: TemporaryFolder) -> [String] {
        let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { Int32($0) } ?? []
        return pids.compactMap { pid in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                String(decoding: environment, as: UTF8.self).contains("KOMOKU_DEMO_DIR=\(folder.path)\0")
            else { return nil }
            let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            return String(decoding: line.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
        }
    }
}
