internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuSystem

struct ShareTLSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Let phones download the authority's certificate for a few minutes.",
        discussion: """
            Prints an address, and its QR code if the program qrencode is installed. The certificate is no secret, but compare \
            the fingerprint that the phone shows with the one printed here. Then install it on the phone: on Android under \
            Security, on iOS under Profile Downloaded, and then enable it under Certificate Trust Settings.
            """)

    @Option(help: "The port.")
    var port: UInt16 = 7277

    @Option(name: .customLong("for"), help: ArgumentHelp("How long.", valueName: "duration"))
    var period = "10m"

    @OptionGroup var options: TLSOptions

    func run() throws {
        guard let duration = try? Duration(parsing: period), duration.microseconds > 0 else {
            throw Failure.usage("'\(period.printable)' is not a duration; write 10m")
        }
        let path = try options.authority.authorityCertificate
        let bytes = try InputFile(path).read()
        let listener = try FileListener(port: port)
        let report = try TLSOptions.run { () throws(HouseAuthority.Failure) in try OpenSSL().report(on: path) }
        let address = "http://\(Self.host):\(listener.port)/ca.crt"
        if options.json {
            let answer: JSON = ["address": .string(address), "fingerprint": .string(report.fingerprint)]
            Terminal.say(answer.text)
        } else {
            Terminal.say(lines: Self.code(of: address) + [address, "SHA-256 \(report.fingerprint)"])
            Terminal.tell("for \(period); Ctrl-C ends it")
        }
        listener.serve(bytes, named: "/ca.crt", for: duration)
    }

    /// The address that a phone in the house most likely reaches.
    private static var host: String {
        let addresses = CertificateSubject.ownAddresses.map { "\($0)" }.filter { !$0.contains(":") }
        let isPrivate = { (text: String) in text.hasPrefix("192.168.") || text.hasPrefix("10.") }
        return addresses.first(where: isPrivate) ?? addresses.first { !$0.hasPrefix("127.") } ?? "127.0.0.1"
    }

    /// Lines of a QR code.
    private static func code(of text: String) -> [String] {
        let output = try? OpenSSL("qrencode").run(["-t", "UTF8", "-m", "2", text])
        guard let output else {
            Terminal.complain("no QR code without the program qrencode: sudo apt install qrencode")
            return []
        }
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

/// Gives one file to whoever asks by HTTP, one after another.
private struct FileListener {
    private let socket: Int32
    let port: UInt16

    init(port: UInt16) throws {
        // IPv4 is what every phone has, and what a code can hold in few bytes.
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var (yes, address) = (Int32(1), sockaddr_in())
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                if bind(descriptor, address, length) != 0 || listen(descriptor, 16) != 0 { return errno }
                return getsockname(descriptor, address, &length) == 0 ? 0 : errno
            }
        }
        guard code == 0 else {
            let reason = String(cString: strerror(code)).lowercased()
            throw Failure(message: "port \(port) cannot be opened: \(reason); choose another with --port")
        }
        self.port = UInt16(bigEndian: address.sin_port)
    }

    func serve(_ bytes: [UInt8], named path: String, for duration: Duration) {
        let end = MonotonicClock.now + duration.microseconds
        while case let left = end - MonotonicClock.now, left > 0 {
            var ready = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Int32(clamping: left / 1000 + 1)) > 0 else { continue }
            let peer = accept(socket, nil, nil)
            guard peer >= 0 else { continue }
            answer(peer, bytes, path)
            close(peer)
        }
    }

    private func answer(_ peer: Int32, _ file: [UInt8], _ path: String) {
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var request = [UInt8](repeating: 0, count: 4096)
        let count = max(0, recv(peer, &request, request.count, 0))
        let words = String(decoding: request.prefix(count), as: UTF8.self).split(separator: " ")
        let isFound = words.count > 1 && words[0] == "GET" && (words[1] == path || words[1] == "/")
        let body = isFound ? file : Array("the certificate is at \(path)\n".utf8)
        let head = """
            HTTP/1.1 \(isFound ? "200 OK" : "404 Not Found")\r
            Content-Type: \(isFound ? "application/x-x509-ca-cert" : "text/plain")\r
            Content-Disposition: attachment; filename="komoku-ca.crt"\r
            Content-Length: \(body.count)\r
            Connection: close\r
            \r\n
            """
        for part in [Array(head.utf8), body] {
            _ = part.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }
}
