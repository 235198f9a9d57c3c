internal import Glibc
internal import Komoku

/// Debian's program `openssl`, for what swift-nio-ssl cannot: making keys and certificates. Blocks until it has ended.
package struct OpenSSL: Sendable {
    package typealias Failure = HouseAuthority.Failure

    /// The certificate and the key that sign.
    struct Authority {
        let certificate: String
        let key: String
    }

    private let program: String

    /// - Parameter program: looked for in `PATH`.
    package init(_ program: String = "openssl") {
        self.program = program
    }

    /// - Returns: a private key in PEM. All that is at home with TLS 1.2 takes P-256.
    func makeKey() throws(Failure) -> [UInt8] {
        try run(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
    }

    /// - Parameter authority: nil signs with the key itself.
    /// - Returns: a certificate in PEM.
    func sign(key: String, settings: String, days: Int, by authority: Authority? = nil) throws(Failure) -> [UInt8] {
        var words = ["req", "-x509", "-new", "-sha256", "-key", key, "-config", "/dev/stdin", "-days", "\(days)"]
        if let authority { words += ["-CA", authority.certificate, "-CAkey", authority.key] }
        return try run(words, input: Array(settings.utf8))
    }

    /// Whether clients that trust the authority will take the certificate.
    func verify(_ certificate: [UInt8], authority: String) throws(Failure) {
        do throws(Failure) {
            _ = try run(["verify", "-CAfile", authority, "-purpose", "sslserver"], input: certificate)
        } catch {
            guard error.reason.contains("permitted subtree") else { throw error }
            throw Failure(
                "the house's authority may not sign for one of these names: it is limited to those that were given when it "
                    + "was made, and to names in .local, .lan, .internal and .home.arpa",
                remedy: "make a new authority with 'komoku tls init --name NAME' in another folder")
        }
    }

    /// - Returns: what it prints.
    package func run(_ words: [String], input: [UInt8] = []) throws(Failure) -> [UInt8] {
        let path = getenv("PATH").map { String(cString: $0) }
        let runner = ProgramRunner(inherited: path.map { ["PATH": $0] } ?? [:], name: "openssl")
        defer { runner.stop() }
        var job = ProgramJob(
            words: [program] + words, inputs: [.init(descriptor: 0, bytes: input)], environment: runner.environment(),
            timeout: .seconds(30))
        job.partsErrors = true
        let outcome = Monitor<Result<ProgramJob.Result, ProgramFailure>?>(nil)
        _ = runner.run(job) { result in
            outcome.withLock { $0 = result }
            outcome.signal()
        }
        switch outcome.wait({ $0.map { .result($0) } ?? .until(nil) }) {
        case .failure(let failure):
            throw Failure(
                "the program '\(program)' does not run: \(failure.reason)",
                remedy: "install it: sudo apt install openssl")
        case .success(let ended) where ended.status != 0:
            let lines = ended.errors.text.split(separator: "\n").prefix(3).joined(separator: "; ")
            throw Failure("'\(program) \(words[0])' failed: \(lines)", remedy: "it has to be OpenSSL 3.0 or later")
        case .success(let ended): return ended.output.bytes
        }
    }
}
