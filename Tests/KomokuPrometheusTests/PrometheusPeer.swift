import Glibc
import Komoku
import KomokuTesting

/// Debian's Prometheus on a free port of this machine, with samples that were there before it started.
final class PrometheusPeer: Sendable {
    private let port: Int
    private let folder: TemporaryFolder
    private let process: ChildProcess

    init(_ series: [(labels: [(String, String)], samples: [(time: Double, value: Double)])]) throws {
        folder = try TemporaryFolder()
        var text = "# TYPE komoku_value gauge\n"
        for series in series {
            let labels = series.labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
            for sample in series.samples { text += "komoku_value{\(labels)} \(sample.value) \(sample.time)\n" }
        }
        try folder.write(text + "# EOF\n", to: "samples.om")
        try folder.write("global: {scrape_interval: 1h}\n", to: "prometheus.yml")
        try ChildProcess.run(
            "promtool", "tsdb", "create-blocks-from", "openmetrics", folder.path("samples.om"), folder.path("data"))
        port = try MosquittoBroker.freePort()
        // A sample holds until the next one there, too.
        process = try ChildProcess([
            "prometheus", "--config.file=\(folder.path("prometheus.yml"))",
            "--storage.tsdb.path=\(folder.path("data"))",
            "--web.listen-address=127.0.0.1:\(port)", "--query.lookback-delta=3650d",
            "--storage.tsdb.retention.time=100y",
        ])
        try waitUntilReady()
    }

    deinit {
        process.end(SIGKILL)
        folder.remove()
    }

    private func waitUntilReady() throws {
        for _ in 0..<1000 {
            if let answer = try? get("/-/ready"), answer.contains("200 OK") { return }
            usleep(20_000)
        }
        throw ChildProcess.Failure(description: "prometheus did not start within 20 s")
    }

    /// The body of the answer.
    func ask(_ path: String, _ parameters: [(String, String)]) throws -> JSON {
        let query = parameters.map { "\($0.0)=\(Self.encoded($0.1))" }.joined(separator: "&")
        let answer = try get("\(path)?\(query)")
        guard let body = answer.utf8.firstRange(of: "\r\n\r\n".utf8) else {
            throw ChildProcess.Failure(description: "no answer: \(answer)")
        }
        return try JSON(parsing: answer.utf8[body.upperBound...])
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return String(UnicodeScalar(byte))
            default:
                let hex = String(byte, radix: 16)
                return hex.count == 1 ? "%0\(hex)" : "%\(hex)"
            }
        }.joined()
    }

    /// HTTP/1.0: the answer is not cut into chunks, and ends with the connection.
    private func get(_ target: String) throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw ChildProcess.Failure(description: "prometheus does not listen") }
        let request = Array("GET \(target) HTTP/1.0\r\n\r\n".utf8)
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
            throw ChildProcess.Failure(description: "prometheus does not read")
        }
        var (answer, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { answer += buffer.prefix(count) }
        return String(decoding: answer, as: UTF8.self)
    }
}
