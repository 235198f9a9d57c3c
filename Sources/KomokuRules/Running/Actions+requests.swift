import Komoku
import KomokuExpression

extension HTTPAction {
    func request(timeout: Duration?, _ lookup: (Reference) -> Value?) throws(UnknownContent) -> HTTPRequest {
        let url = try address(lookup)
        guard !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw UnknownContent(reason: "spaces and control characters are not allowed in a URL")
        }
        var filled: [HTTPRequest.Header] = []
        for header in headers {
            let value = try header.value.known(lookup)
            // Whoever wrote the value could else add headers of their own.
            guard !value.utf8.contains(where: { $0 == 10 || $0 == 13 || $0 == 0 }) else {
                throw UnknownContent(reason: "the header \(header.name) has a line break")
            }
            filled.append(HTTPRequest.Header(name: header.name, value: value))
        }
        let json = try body?.filledIn(lookup)
        let hasType = filled.contains { $0.name.lowercased() == "content-type" }
        if let json, json.array != nil || json.object != nil, !hasType {
            filled.append(HTTPRequest.Header(name: "Content-Type", value: "application/json"))
        }
        var request = HTTPRequest(url: url, method: method, headers: filled, body: json?.payload)
        if let timeout { request.timeout = timeout }
        return request
    }

    /// The URL, with values behind the host percent-encoded: a message with `&` or a space in it is still one value.
    private func address(_ lookup: (Reference) -> Value?) throws(UnknownContent) -> String {
        let (text, unknown) = url.filledIn(lookup) { value, before in
            Self.isBehindHost(before) ? Self.percentEncoded(value) : value
        }
        if let unknown { throw UnknownContent(reason: unknown) }
        return text
    }

    private static func isBehindHost(_ text: String) -> Bool {
        let slashes = text.utf8.lazy.filter { $0 == UInt8(ascii: "/") }.count
        return slashes > 2 || text.utf8.contains { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
    }

    private static func percentEncoded(_ value: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension HTTPRequest {
    /// Scheme, host and port for people. What else stands in a URL may be secret: a password, a token in the path.
    var host: String {
        let bytes = Array(url.utf8)
        let marker = Array("://".utf8)
        let start = bytes.indices.first { bytes[$0...].starts(with: marker) }.map { $0 + marker.count } ?? 0
        let end = bytes[start...].firstIndex { Array("/?#".utf8).contains($0) } ?? bytes.count
        let name = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? start
        return String(decoding: bytes[..<start] + bytes[name..<end], as: UTF8.self)
    }
}

extension ProgramAction {
    func call(timeout: Duration?, _ lookup: (Reference) -> Value?) throws(UnknownContent) -> ProgramCall {
        var filled: [String] = []
        for word in words { filled.append(try word.known(lookup)) }
        if usesShell { filled = ["/bin/sh", "-c"] + filled }
        var call = ProgramCall(words: filled, input: try input?.known(lookup), directory: directory)
        for variable in environment { call.environment[variable.name] = try variable.value.known(lookup) }
        if let timeout { call.timeout = timeout }
        return call
    }

    /// Without arguments: they may be secret.
    func shownProgram(of call: ProgramCall) -> String { usesShell ? "shell" : call.words.first ?? "" }
}

extension NotifyAction {
    /// A text for people is worth sending even if a part of it is unknown.
    func notification(rule: String, _ lookup: (Reference) -> Value?) -> Notification {
        Notification(
            rule: rule, target: target, title: title?.filledIn(lookup).text, message: message.filledIn(lookup).text,
            topic: topic?.filledIn(lookup).text, quietFor: quietFor, isUrgent: isUrgent,
            escalation: escalation.map { Notification.Escalation(after: $0.after, target: $0.to) })
    }
}
