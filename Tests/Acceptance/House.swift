import Glibc
import Komoku
import KomokuTesting

/// A real Mosquitto, the real daemon, and the real command-line tool, in a folder of the test's own.
struct House {
    let folder: TemporaryFolder
    let broker: MosquittoBroker
    let ports: (v1: Int, v2: Int)
    let commitInterval: String
    let mqtt: String

    /// - Parameters:
    ///   - configuration: the sections beside `mqtt`, `store` and `listen`.
    ///   - mqtt: further settings of that section.
    init(
        _ configuration: String, commitInterval: String = "200ms", mqtt: String = "keep_alive: 60s",
        broker options: MosquittoBroker.Options = .init()
    ) throws {
        self.commitInterval = commitInterval
        self.mqtt = mqtt
        folder = try TemporaryFolder()
        broker = try MosquittoBroker(options)
        ports = (try MosquittoBroker.freePort(), try MosquittoBroker.freePort())
        try write(configuration)
    }

    func write(_ configuration: String) throws {
        try folder.write(
            """
            mqtt: {url: "mqtt://127.0.0.1:\(broker.port)", reconnect: {min: 100ms, max: 500ms}, \(mqtt)}
            store: {path: komoku.db, commit_interval: \(commitInterval)}
            listen: [{port: \(ports.v1), api: 1}, {port: \(ports.v2), api: 2}]

            """ + configuration + "\n", to: "komoku.yaml")
    }

    func remove() {
        folder.remove()
    }

    /// Starts the hub.
    ///
    /// - Parameter subscribed: wait until the broker has confirmed the subscriptions.
    func start(subscribed: Bool = true) async throws -> RunningProcess {
        let hub = try RunningProcess("komokud", ["--config", folder.path("komoku.yaml")])
        try await hub.line("komokud 0")
        if subscribed { try await hub.line("subscribed") }
        return hub
    }

    /// Runs `komoku` and gives its exit code and output.
    func komoku(_ arguments: String...) async throws -> (code: Int32, output: [String]) {
        try await komoku(arguments)
    }

    func komoku(_ arguments: [String]) async throws -> (code: Int32, output: [String]) {
        try await RunningProcess.run("komoku", arguments, environment: ["KOMOKU_SERVER": "ws://127.0.0.1:\(ports.v2)"])
    }

    func get(_ key: String) async throws -> JSON? {
        let (code, output) = try await komoku("get", key, "--json")
        return code == 0 ? try JSON(parsing: output.joined())["value"] : nil
    }

    /// The points of a key as `komoku history` prints them.
    func history(_ key: String, limit: Int = 10_000) async throws -> [JSON] {
        let (_, output) = try await komoku("history", key, "--since", "1d", "--limit", String(limit), "--json")
        return try JSON(parsing: output.joined()).array ?? []
    }

    /// Asks until a key has a value: a message needs its time from the broker to the hub.
    func wait(for key: String, _ value: JSON) async throws {
        let watch = try RunningProcess(
            "komoku", ["watch", key, "--init", "--json"], environment: ["KOMOKU_SERVER": "ws://127.0.0.1:\(ports.v2)"])
        defer { watch.end() }
        try await watch.lines.wait(within: .seconds(30)) { lines in
            lines.contains { (try? JSON(parsing: $0))?["value"] == value }
        }
    }
}
