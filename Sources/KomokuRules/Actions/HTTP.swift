import Komoku
import KomokuExpression
import KomokuHub
import KomokuSystem
import KomokuYAML

/// `http: {url: "https://x/y", into: answer}`: asks a server. Locals `into` and `into_status` have the answer's body, as text,
/// and its status.
package struct HTTP: Operation {
    var url: CompiledTemplate
    var method: String
    var headers: [(name: String, value: CompiledTemplate)] = []
    /// A mapping or a list is sent as JSON.
    var body: Content?
    /// Statuses that are no failure.
    var accepted: [ClosedRange<Int>] = [200...299]
    var into: String?
    /// A rule that may ask certain servers only must not be sent to others by these.
    var followsRedirects = true

    var word: String { Self.word }
    var listing: String {
        let statuses = accepted.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        return "http \(method) '\(url.written)'\(headers.names)" + (body.map { " body \($0)" } ?? "")
            + " accept \(statuses.joined(separator: ","))" + (into.map { " into \($0)" } ?? "")
    }
    var waits: Bool { true }
    var standing: Run.Standing? { .outside }

    func visit(_ visitor: inout some PartVisitor) {
        visitor.template(url)
        for header in headers { visitor.template(header.value) }
        visitor.content(body)
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let request = try request(timeout: policy.timeout, lookup)
        return .outside(HTTPErrand(request: request), RunEffect(verb: word, text: "\(request.method) \(request.host)"))
    }

    func judge(_ answer: OutputAnswer, _ policy: Instruction.Policy) -> Judgement {
        let status = answer.status
        if accepted.contains(where: { $0.contains(status) }) { return Judgement(into: into) }
        let isTransient = status >= 500 || [408, 425, 429].contains(status)
        return Judgement(
            into: into, fault: OutputFailure("the server answered \(status)", isTransient: isTransient))
    }

    func request(
        timeout: Duration?, _ lookup: (Reference) -> Value?
    ) throws(UnknownContent) -> HTTPRequest {
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
        request.followsRedirects = followsRedirects
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

struct HTTPErrand: Errand {
    let request: HTTPRequest

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        performer.ask(run, at: rule, request.timeout, in: hub) { performer.outputs.request(request, then: $0) }
    }
}

extension HTTPRequest {
    /// Scheme, host and port for people. What else stands in a URL may be secret: a password, a token in the path.
    package var host: String {
        let bytes = Array(url.utf8)
        let marker = Array("://".utf8)
        let start = bytes.indices.first { bytes[$0...].starts(with: marker) }.map { $0 + marker.count } ?? 0
        let end = bytes[start...].firstIndex { Array("/?#".utf8).contains($0) } ?? bytes.count
        let name = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? start
        return String(decoding: bytes[..<start] + bytes[name..<end], as: UTF8.self)
    }
}

extension HTTP: Action {
    static let word = "http"
    static let options = ActionOptions.outside
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["get", "post", "rest", "request", "url", "curl"], "http")
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.http(written.setting, written.place)
        return nil
    }
}

extension Vocabulary {
    fileprivate static let http = Vocabulary(
        ["url", "method", "headers", "body", "accept", "into"],
        [
            (["uri", "address"], "url"), (["data", "payload", "json", "content"], "body"), (["header"], "headers"),
            (["status", "expect"], "accept"), (["save", "store", "response"], "into"),
            (["timeout", "retry", "on_error"], "it belongs beside 'http', not into it"),
            (["query", "params"], "write it into the address: \"http://x/y?a={a}\""),
        ])
}

extension RuleReader {
    fileprivate func http(_ setting: Setting, _ place: Place) {
        guard setting.node.entries != nil else {
            if let url = url(setting) { add(HTTP(url: url, method: "GET"), place) }
            return
        }
        setting.read(.http) { settings in
            let url = settings.needed("url", .item, of: .http).flatMap { self.url($0) }
            let body = settings.setting("body").flatMap { payload($0) }
            let method = settings.given("method", .method) ?? (settings.has("body") ? "POST" : "GET")
            let headers = named("headers", settings) { setting in
                setting.value(.headerName)
            }
            let accepted = settings.given("accept", .oneOrMore(of: .statuses)) ?? [200...299]
            if accepted.isEmpty {
                settings.error(at: "accept", "'accept' is an empty list, so each answer is a failure")
            }
            let into = into(settings, place)
            guard let url else { return }
            add(
                HTTP(url: url, method: method, headers: headers, body: body, accepted: accepted, into: into), place)
        }
    }

    private func url(_ setting: Setting) -> CompiledTemplate? {
        guard let template = template(setting) else { return nil }
        let start: String
        if case .text(let text)? = template.parts.first { start = text } else { start = "" }
        // An expression may make all of it.
        if !start.isEmpty, !["http://", "https://"].contains(where: { start.lowercased().hasPrefix($0) }) {
            setting.error(
                "'\(start.prefix(80))' is no address to ask", remedy: "it begins with http:// or https://")
        }
        if template.constant?.isEmpty ?? false { setting.error("the address is empty") }
        return template
    }
}

extension SettingType where Value == String {
    fileprivate static var method: SettingType {
        .word([
            "GET": "GET", "POST": "POST", "PUT": "PUT", "PATCH": "PATCH", "DELETE": "DELETE", "HEAD": "HEAD",
            "OPTIONS": "OPTIONS",
        ])
    }

    /// A token of RFC 9110, section 5.6.2.
    fileprivate static var headerName: SettingType {
        .text("the name of a header") { text throws(Setting.Invalid) in
            let isToken = text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
                        || "!#$%&'*+-.^_`|~".unicodeScalars.contains($0))
            }
            guard isToken, !text.isEmpty else { throw Setting.Invalid("use letters, digits and '-'") }
            return text
        }
    }
}

extension SettingType where Value == ClosedRange<Int> {
    /// `404`, `200-299`.
    fileprivate static var statuses: SettingType {
        .text("a status such as 404, or 200-299") { text throws(Setting.Invalid) in
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard 1...2 ~= ends.count, let first = ends.first ?? nil, let last = ends.last ?? nil else {
                throw Setting.Invalid("this is not one")
            }
            guard 100...599 ~= first, 100...599 ~= last, first <= last else {
                throw Setting.Invalid("statuses go from 100 to 599")
            }
            return first...last
        }
    }
}
