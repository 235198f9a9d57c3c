import KomokuSystem

/// What became of a request, as `curl` says it: `STATUS EXIT MESSAGE` on its standard error.
struct CurlVerdict {
    let result: Result<OutputAnswer, OutputFailure>

    /// Sentences name the host only: the rest of a URL may be secret.
    init(_ program: ProgramJob.Result, to request: HTTPRequest) {
        let parts = program.errors.text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        let status = parts.first.flatMap { Int($0) } ?? 0
        let code = parts.count > 1 ? Int(parts[1]) ?? program.status : program.status
        // 23: nobody read on, which we did not.
        let isComplete = code == 0 || program.output.isCut && status > 0
        guard isComplete, status > 0 else {
            let detail = parts.count > 2 ? Self.plain(parts[2]) : ""
            result = .failure(Self.fault(code, detail, request))
            return
        }
        var answer = OutputAnswer(status: status, text: program.output.text)
        answer.isCut = program.output.isCut
        result = .success(answer)
    }

    private static func fault(_ code: Int, _ detail: String, _ request: HTTPRequest) -> OutputFailure {
        let host = host(of: request.url)
        switch code {
        case 3: return OutputFailure("the URL is not valid", isTransient: false)
        case 5: return OutputFailure("the proxy's name cannot be resolved")
        case 6: return OutputFailure("cannot resolve '\(host)'")
        case 7: return OutputFailure("cannot connect to \(host)\(reason(detail))")
        case 28: return OutputFailure("\(host) did not answer within \(request.timeout)")
        case 1:
            return OutputFailure("\(host) leads to something that is not HTTP", isTransient: false)
        case 47:
            return OutputFailure(
                "\(host) redirects more than \(CurlConfiguration.maximumRedirects) times", isTransient: false)
        case 51, 60:
            return OutputFailure("the certificate of \(host) is not trusted\(reason(detail))", isTransient: false)
        case 35, 53, 54, 58, 59, 64, 66, 77, 80, 82, 83, 90, 91, 98:
            return OutputFailure("no encrypted connection to \(host)\(reason(detail))", isTransient: code == 35)
        case 52: return OutputFailure("\(host) closed the connection without an answer")
        case 18, 55, 56: return OutputFailure("the connection to \(host) broke\(reason(detail))")
        default: return OutputFailure("\(host) cannot be asked: curl ends with \(code)\(reason(detail))")
        }
    }

    /// The end of `Failed to connect to nas port 80 after 2 ms: Couldn't connect to server`.
    private static func reason(_ detail: String) -> String {
        let clause = detail.split(separator: ": ").last.map { String($0.prefix(160)) } ?? ""
        return clause.isEmpty ? "" : ": \(clause)"
    }

    /// One line without control characters.
    private static func plain(_ text: Substring) -> String {
        String(decoding: text.utf8.map { $0 < 0x20 ? 0x20 : $0 }, as: UTF8.self)
    }

    /// The host of a URL, with its port; without the user and the password that may stand before it.
    static func host(of url: String) -> String {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return "the server" }
        let rest = url.utf8[url.utf8.index(after: colon)...].drop { $0 == UInt8(ascii: "/") }
        let authority = rest.prefix { !"/?#\\".utf8.contains($0) }
        let host = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false).last ?? authority
        let text = String(decoding: host.prefix(200), as: UTF8.self)
        return text.isEmpty ? "the server" : text
    }
}
