import Glibc
import Komoku
import KomokuTesting
import Testing

/// Few files may be open, and many clients want in.
@Suite struct DescriptorTests {
    /// Connections that ask for nothing.
    private final class Crowd {
        private var sockets: [Int32] = []

        init(_ count: Int, port: Int) {
            for _ in 0..<count {
                let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = in_port_t(port).bigEndian
                address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
                _ = withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                sockets.append(file)
            }
        }

        deinit { for file in sockets { close(file) } }
    }

    /// Seconds that a process has had of a core.
    private static func time(of pid: Int32) -> Double {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 1024)
        guard fgets(&buffer, 1024, file) != nil else { return 0 }
        let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / 100
    }

    @Test func `a crowd of half-open connections keeps neither the broker nor this machine out`() async throws {
        let house = try House("map: [{topic: \"s/{name}\", key: \"{name}\", type: numeric}]")
        defer { house.remove() }
        let program = "\(RunningProcess.product("komokud")) --config \(house.folder.path("komoku.yaml"))"
        let hub = try RunningProcess("/bin/bash", ["-c", "ulimit -Sn 64; ulimit -Hn 256; exec \(program)"])
        defer { hub.end() }
        try await hub.line("subscribed")
        #expect(hub.lines.elements.contains { $0.contains("few files may be open") && $0.contains("256") })
        let crowd = Crowd(400, port: house.ports.v2)
        #expect(try await house.komoku("put", "a.b", "1").code == 0)
        try house.broker.restart()
        try await hub.lines.wait(within: .seconds(30)) { $0.count { $0.contains("subscribed") } >= 2 }
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.publish("s/lux", "7")
        try await house.wait(for: "lux", 7)
        // A process that turns round and round takes all of a core; asking takes a while, too.
        let (before, start) = (Self.time(of: hub.pid), ContinuousClock.now)
        for _ in 0..<5 { #expect(try await house.komoku("get", "lux").code == 0) }
        let wall =
            Double((ContinuousClock.now - start).components.attoseconds) / 1e18
            + Double((ContinuousClock.now - start).components.seconds)
        #expect(Self.time(of: hub.pid) - before < max(0.5, wall * 0.7))
        withExtendedLifetime(crowd) {}
        #expect(hub.end() == 0)
    }

    @Test func `a full disk behind the output is said, whatever the command`() async throws {
        let house = try House("")
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        #expect(try await house.komoku("put", "a.b", "1").code == 0)
        let komoku = RunningProcess.product("komoku")
        for command in [
            "export", "keys", "get a.b", "history a.b --since 1h", "stats a.b", "store", "--help",
        ] {
            let line = "\(komoku) \(command) > /dev/full"
            let (code, output) = try await RunningProcess.run(
                "/bin/bash", ["-c", line], environment: ["KOMOKU_SERVER": "ws://127.0.0.1:\(house.ports.v2)"])
            #expect(code != 0, "\(command)")
            #expect(output.contains { $0.contains("No space left on device") }, "\(command): \(output)")
        }
        let check =
            "\(RunningProcess.product("komokud")) --check --config \(house.folder.path("komoku.yaml")) > /dev/full"
        let (code, output) = try await RunningProcess.run("/bin/bash", ["-c", check])
        #expect(code == 1 && output.contains { $0.contains("No space left on device") })
    }
}
