import Komoku

/// An answer as a plain client sees it.
struct HTTPReply {
    let status: Int
    let headers: [String: String]
    let body: String

    var json: JSON { (try? JSON(parsing: body)) ?? .null }
    /// Of a problem.
    var code: String? { json["code"]?.string }

    init(_ text: String) {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = parts[0].split(separator: "\r\n")
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            headers[pair[0].lowercased()] = pair.count > 1 ? String(pair[1].dropFirst()) : ""
        }
        self.headers = headers
        body = parts.count > 1 ? String(parts[1]) : ""
    }
}

extension RawSocket {
    /// A request with a body, if any, and its answer; chunks are joined.
    func request(
        _ method: String, _ target: String, _ body: String? = nil, headers: [String] = []
    ) throws -> HTTPReply {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: localhost"] + headers
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        return try reply(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""), isHead: method == "HEAD")
    }

    private func reply(_ request: String, isHead: Bool) throws -> HTTPReply {
        try write(Array(request.utf8))
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head += try bytes(1) }
        let reply = HTTPReply(String(decoding: head, as: UTF8.self))
        var body: [UInt8] = []
        if isHead {
            return reply
        } else if reply.headers["transfer-encoding"] == "chunked" {
            while case let size = try line(), size != "0" {
                body += try bytes(Int(size, radix: 16) ?? 0) + bytes(2).prefix(0)
            }
            _ = try line()
        } else {
            body = try bytes(reply.headers["content-length"].flatMap { Int($0) } ?? 0)
        }
        return HTTPReply(String(decoding: head + body, as: UTF8.self))
    }

    /// Without its end.
    func line() throws -> String {
        var line: [UInt8] = []
        while !line.suffix(2).elementsEqual("\r\n".utf8) { line += try bytes(1) }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }
}
