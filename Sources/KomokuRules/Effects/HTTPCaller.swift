internal import Komoku
package import KomokuSystem

/// Asks web servers, by the program `curl`: certificates and proxies are the system's, and a server that misbehaves can harm
/// nothing but that process.
package final class HTTPCaller: Sendable {
    private let runner: ProgramRunner
    private let program: String

    /// Further variables of the hub's environment that count for requests.
    private static let variables = [
        "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE",
        "SSL_CERT_DIR", "CURL_CA_BUNDLE",
    ]

    /// Servers that do not answer leave room for others.
    package static let limits: ProgramRunner.Limits = {
        var limits = ProgramRunner.Limits()
        (limits.atOnce, limits.inGroup, limits.waitingInGroup) = (32, 4, 256)
        return limits
    }()

    /// - Parameters:
    ///   - runner: one of its own, so that programs that hang leave room for requests.
    ///   - program: where `curl` is, or its name.
    package init(_ runner: ProgramRunner, program: String = "curl") {
        self.runner = runner
        self.program = program
    }

    /// Sends a request, from any thread. `then` is called once, on the runner's thread or inside of this call. Any status is
    /// an answer; a text that is too long is cut.
    ///
    /// - Returns: ends the request, and `then` is not called.
    package func request(
        _ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation {
        do throws(OutputFailure) {
            return runner.run(try job(for: request)) { result in
                then(result.mapError(Self.explained).flatMap { CurlVerdict($0, to: request).result })
            }
        } catch {
            then(.failure(error))
            return OutputCancellation()
        }
    }

    private func job(for request: HTTPRequest) throws(OutputFailure) -> ProgramJob {
        let configuration = try CurlConfiguration(request)
        // `-q` first: no settings of a user are read.
        var job = ProgramJob(
            words: [program, "-q", "--config", "/dev/fd/3"],
            environment: runner.environment(and: Self.variables).merging(["LC_ALL": "C"]) { $1 },
            // It keeps the time itself, and says more about it.
            timeout: Duration(microseconds: request.timeout.microseconds.addingSaturating(1_000_000)))
        job.group = request.host
        job.inputs = [ProgramJob.Input(descriptor: 3, bytes: Array(configuration.text.utf8))]
        if let body = request.body { job.inputs.append(ProgramJob.Input(descriptor: 0, bytes: body)) }
        job.limit = request.maximumAnswer
        job.partsErrors = true
        job.endsAtLimit = true
        return job
    }

    private static func explained(_ fault: OutputFailure) -> OutputFailure {
        fault.isTransient ? fault : OutputFailure("\(fault.reason); install the package curl", isTransient: false)
    }
}

extension Int64 {
    fileprivate func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
