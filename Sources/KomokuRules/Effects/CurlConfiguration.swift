internal import Komoku
internal import KomokuSystem

/// An HTTP request as `curl` reads it from a file of settings: URL, headers and body may be secret, and arguments are seen
/// by everybody on the machine.
struct CurlConfiguration {
    /// The settings; the program reads the body from its standard input.
    let text: String

    static let maximumRedirects = 5

    init(_ request: HTTPRequest) throws(OutputFailure) {
        try Self.check(request)
        var lines = [
            "silent", "globoff", "max-redirs = \(Self.maximumRedirects)",
            "proto = \"=http,https\"", "proto-redir = \"=http,https\"",
            "max-time = \(DecimalNumber.text(max(0.001, request.timeout.seconds)))",
            "url = \(Self.quoted(request.url))",
            // On standard error, apart from the answer's body.
            #"write-out = "%{stderr}%{http_code} %{exitcode} %{errormsg}""#,
        ]
        if request.followsRedirects { lines.append("location") }
        lines += Self.method(request)
        lines += Self.headers(request)
        text = lines.joined(separator: "\n") + "\n"
    }

    private static func check(_ request: HTTPRequest) throws(OutputFailure) {
        let scheme = request.url.utf8.prefix { $0 != UInt8(ascii: ":") }.map { $0 | 0x20 }
        guard ["http", "https"].contains(where: { scheme.elementsEqual($0.utf8) }) else {
            throw OutputFailure("the URL does not start with http:// or https://", isTransient: false)
        }
        guard request.url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw OutputFailure("there is a space or a control character in the URL; write %20", isTransient: false)
        }
        guard isToken(request.method) else {
            throw OutputFailure("'\(request.method.prefix(20))' is no method", isTransient: false)
        }
        for header in request.headers {
            guard isToken(header.name) else {
                throw OutputFailure("'\(header.name.prefix(40))' is no name of a header", isTransient: false)
            }
            // A line break would begin another header.
            guard header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 9 }) else {
                throw OutputFailure(
                    "there is a line break or a control character in '\(header.name)'", isTransient: false)
            }
        }
    }

    /// RFC 9110, 5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// A method that is named stays over redirects; the one that is meant anyway changes as in a browser.
    private static func method(_ request: HTTPRequest) -> [String] {
        switch (request.method, request.body) {
        case ("HEAD", nil): ["head", #"output = "/dev/null""#]
        case ("GET", nil): []
        case ("POST", nil): [#"data-raw = """#]
        case ("POST", .some): [#"data-binary = "@-""#]
        case (let method, nil): ["request = \(quoted(method))"]
        case (let method, .some): ["request = \(quoted(method))", #"data-binary = "@-""#]
        }
    }

    private static func headers(_ request: HTTPRequest) -> [String] {
        var headers = request.headers
        func add(_ name: String, _ value: String) {
            let isThere = headers.contains { $0.name.utf8.map { $0 | 0x20 } == name.utf8.map { $0 | 0x20 } }
            if !isThere { headers.append(HTTPRequest.Header(name: name, value: value)) }
        }
        add("User-Agent", "komoku")
        if let body = request.body { add("Content-Type", contentType(body)) }
        let lines = headers.map { header in
            // A name alone would take a header away, instead of sending an empty one.
            "header = " + quoted(header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        // Nothing waits for a leave to send a body; a body of no length has no type.
        return lines + [#"header = "Expect:""#]
            + (request.body == nil && request.method == "POST" ? [#"header = "Content-Type:""#] : [])
    }

    private static func contentType(_ body: [UInt8]) -> String {
        let first = body.first { $0 > 0x20 }
        return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
            ? "application/json" : "text/plain; charset=utf-8"
    }

    private static func quoted(_ text: String) -> String {
        var bytes = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 9: bytes += Array(#"\t"#.utf8)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes + [UInt8(ascii: "\"")], as: UTF8.self)
    }
}
