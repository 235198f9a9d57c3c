internal import Glibc
internal import Synchronization

/// A real Mosquitto on a free port of this machine, for one test.
package final class MosquittoBroker: Sendable {
    package struct Options: Sendable {
        /// Sessions, queues and retained messages survive a restart.
        package var isPersistent = false
        package var user: (name: String, password: String)?
        package var isEncrypted = false
        /// Further lines of the configuration.
        package var lines: [String] = []

        package init() {}
    }

    package let port: Int
    package let folder: TemporaryFolder
    private let process = Mutex<ChildProcess?>(nil)

    /// The certificate that vouches for the broker, where it is encrypted.
    package var certificateFile: String { folder.path("cert.pem") }

    package init(_ options: Options = Options()) throws {
        folder = try TemporaryFolder()
        port = try Self.freePort()
        try folder.write(try configuration(options).joined(separator: "\n") + "\n", to: "mosquitto.conf")
        try start()
    }

    deinit {
        process.withLock { $0?.end(SIGKILL) }
        folder.remove()
    }

    private func configuration(_ options: Options) throws -> [String] {
        var lines = [
            "listener \(port) 127.0.0.1", "set_tcp_nodelay true", "log_dest stderr", "log_type notice",
            "log_type information", "connection_messages false", "max_queued_messages 0",
        ]
        // As root it would become somebody who cannot read the folder.
        if geteuid() == 0 { lines.append("user root") }
        if options.isPersistent {
            lines += ["persistence true", "persistence_location \(folder.path)/", "autosave_on_changes false"]
        }
        if let user = options.user {
            try ChildProcess.run("mosquitto_passwd", "-b", "-c", folder.path("passwords"), user.name, user.password)
            lines += ["allow_anonymous false", "password_file \(folder.path("passwords"))"]
        } else {
            lines.append("allow_anonymous true")
        }
        if options.isEncrypted {
            try ChildProcess.run(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder.path("key.pem"), "-out",
                certificateFile, "-days", "1", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1")
            lines += ["certfile \(certificateFile)", "keyfile \(folder.path("key.pem"))"]
        }
        return lines + options.lines
    }

    /// Starts it again on the same port; returns when it listens.
    package func start() throws {
        var ends: [Int32] = [0, 0]
        // At once: a child of another test that held an end would hide that this one has ended.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw ChildProcess.Failure(description: "no socket") }
        defer { close(ends[0]) }
        let child = try ChildProcess(["mosquitto", "-c", folder.path("mosquitto.conf")], output: ends[1])
        close(ends[1])
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: output, as: UTF8.self).contains(" running") {
            let count = read(ends[0], &buffer, buffer.count)
            guard count > 0 else {
                throw ChildProcess.Failure(
                    description: "mosquitto did not start: \(String(decoding: output, as: UTF8.self))")
            }
            output += buffer.prefix(count)
        }
        process.withLock { $0 = child }
        try waitForAnswer()
    }

    /// Mosquitto says that it runs a moment before it does; a signal in between would be lost. So it has to react first.
    private func waitForAnswer() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        let code = Self.withAddress(port) { connect(descriptor, $0, $1) }
        guard code == 0 else { throw ChildProcess.Failure(description: "mosquitto does not listen") }
        // A CONNECT of MQTT 3.1.1. Whatever the answer is, a hang-up included, the broker is at work.
        let packet = [0x10, 0x10, 0, 4] + Array("MQTT".utf8) + [4, 2, 0, 60, 0, 4] + Array("test".utf8)
        _ = send(descriptor, packet, packet.count, Int32(MSG_NOSIGNAL))
        var answer = [UInt8](repeating: 0, count: 16)
        _ = read(descriptor, &answer, answer.count)
    }

    /// Ends it in good order: a persistent one saves its state.
    package func stop() {
        process.withLock { $0?.end(SIGTERM) }
    }

    /// Ends it as a power cut would.
    package func kill() {
        process.withLock { $0?.end(SIGKILL) }
    }

    package func restart() throws {
        stop()
        try start()
    }

    /// It keeps its connections and does nothing, until `resume`.
    package func pause() {
        process.withLock { $0?.signal(SIGSTOP) }
    }

    package func resume() {
        process.withLock { $0?.signal(SIGCONT) }
    }

    /// A port of the loopback address that nobody uses now, below those that the system gives to clients: a broker that
    /// is away for a moment must find its port again.
    package static func freePort() throws -> Int {
        for _ in 0..<100 {
            let port = Int.random(in: 15_000..<32_000)
            if isFree(port) { return port }
        }
        throw ChildProcess.Failure(description: "no free port")
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return withAddress(port) { bind(descriptor, $0, $1) } == 0
    }

    private static func withAddress<Result>(
        _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                body(generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
