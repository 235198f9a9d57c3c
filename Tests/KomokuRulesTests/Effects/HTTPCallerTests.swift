import Foundation
import Glibc
import Komoku
import KomokuSystem
import KomokuTesting
import Synchronization
import Testing

@testable import KomokuRules

@Suite(.timeLimit(.minutes(2))) struct HTTPCallerTests {
    private static let environment = ["PATH": "/usr/bin:/bin", "HOME": "/nowhere", "no_proxy": "*"]
    private let runner: ProgramRunner
    private let caller: HTTPCaller

    init() {
        runner = ProgramRunner(inherited: Self.environment)
        caller = HTTPCaller(runner)
    }

    private func answer(_ request: HTTPRequest) async -> Result<OutputAnswer, OutputFailure> {
        await KomokuRulesTests.answer { caller.request(request, then: $0) }
    }

    private func get(_ url: String, timeout: Komoku.Duration = .seconds(20)) async -> Result<
        OutputAnswer, OutputFailure
    > {
        await answer(HTTPRequest(url: url, method: "GET", timeout: timeout))
    }

    private static func response(_ status: String, _ body: String, _ headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    @Test func `status and body are the answer, whatever the status is`() async throws {
        for (status, code) in [("200 OK", 200), ("204 No Content", 204), ("404 Not Found", 404), ("500 Oh", 500)] {
            let server = try LoopbackServer(answer: Self.response(status, code == 204 ? "" : "näin 200 OK\n\n"))
            let result = await get(server.url + "/a?b=c#d")
            #expect(result == .success(OutputAnswer(status: code, text: code == 204 ? "" : "näin 200 OK\n\n")))
            #expect(server.requests.elements.first?.hasPrefix("GET /a?b=c HTTP/1.1\r\n") == true)
        }
    }

    @Test func `method, headers and body arrive as they are`() async throws {
        let server = try LoopbackServer(answer: Self.response("200 OK", "ok"))
        let body = Array("{\"a\": \"x\\\\ \\\"y\\\" @z\"}\n\0\u{1}päivää".utf8)
        let headers = [
            HTTPRequest.Header(name: "Authorization", value: #"Bearer "quo\ted"  #"#),
            HTTPRequest.Header(name: "X-Empty", value: ""), HTTPRequest.Header(name: "X-At", value: "@/etc/passwd"),
        ]
        let request = HTTPRequest(url: server.url, method: "PUT", headers: headers, body: body)
        #expect(await answer(request).text == "ok")
        let seen = try #require(server.requests.elements.first)
        let lines = seen.components(separatedBy: "\r\n")
        #expect(lines[0] == "PUT / HTTP/1.1")
        for line in [
            #"Authorization: Bearer "quo\ted"  #"#, "X-At: @/etc/passwd", "Content-Type: application/json",
            "User-Agent: komoku",
        ] {
            #expect(lines.contains(line), "\(line) in \(lines)")
        }
        #expect(lines.contains { $0.hasPrefix("X-Empty:") })
        #expect(!lines.contains { $0.hasPrefix("Expect") })
        #expect(seen.hasSuffix("\r\n\r\n" + String(decoding: body, as: UTF8.self)))
    }

    @Test(arguments: [
        ("POST", nil, "content-length: 0"), ("POST", "on", "content-type: text/plain; charset=utf-8"),
        ("DELETE", nil, "delete / http/1.1"), ("HEAD", nil, "head / http/1.1"), ("PATCH", "[1]", "content-length: 3"),
    ])
    func `every method has its form`(method: String, body: String?, expected: String) async throws {
        let server = try LoopbackServer(answer: "HTTP/1.1 202 Accepted\r\nConnection: close\r\n\r\n")
        let result = await answer(HTTPRequest(url: server.url, method: method, body: body.map { Array($0.utf8) }))
        #expect(result == .success(OutputAnswer(status: 202, text: "")))
        #expect(server.requests.elements.first?.lowercased().contains(expected) == true)
    }

    @Test func `a body of a megabyte arrives`() async throws {
        let server = try LoopbackServer(answer: Self.response("200 OK", "ok"))
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        #expect(await answer(HTTPRequest(url: server.url, method: "POST", body: body)).status == 200)
        #expect((server.requests.elements.first?.utf8.count ?? 0) > 1 << 20)
    }

    @Test func `redirects are followed, five of them`() async throws {
        let target = try LoopbackServer(answer: Self.response("200 OK", "there"))
        let first = try LoopbackServer(answer: Self.response("302 Found", "gone", "Location: \(target.url)/x\r\n"))
        #expect(await get(first.url).text == "there")
        let endless = try LoopbackServer(answer: Self.response("302 Found", "", "Location: /again\r\n"))
        let result = await get(endless.url)
        let reason = "127.0.0.1:\(endless.port) redirects more than 5 times"
        #expect(result == .failure(OutputFailure(reason, isTransient: false)))
        #expect(endless.requests.elements.count == 6)
        let file = try LoopbackServer(answer: Self.response("302 Found", "", "Location: file:///etc/passwd\r\n"))
        #expect(await get(file.url).fault?.reason == "127.0.0.1:\(file.port) leads to something that is not HTTP")
    }

    @Test func `one that never answers ends in time`() async throws {
        let server = try LoopbackServer { connection, _ in LoopbackServer.waitForEnd(of: connection) }
        let result = await get(server.url, timeout: .milliseconds(300))
        #expect(result == .failure(OutputFailure("127.0.0.1:\(server.port) did not answer within 300ms")))
    }

    @Test func `an endless answer is cut, and not read on`() async throws {
        let sent = Atomic(0)
        let server = try LoopbackServer { connection, _ in
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"
            guard LoopbackServer.send(Array(head.utf8), on: connection) else { return }
            let part = [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)
            while LoopbackServer.send(part, on: connection) { sent.add(part.count, ordering: .relaxed) }
        }
        let result = await get(server.url)
        var expected = OutputAnswer(status: 200, text: String(repeating: "x", count: 65_536))
        expected.isCut = true
        #expect(result == .success(expected))
        #expect(sent.load(ordering: .relaxed) < 64 << 20)
    }

    @Test func `one that drips beyond the limit and stops is ended`() async throws {
        let server = try LoopbackServer { connection, _ in
            let head = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "x", count: 100_000)
            _ = LoopbackServer.send(Array(head.utf8), on: connection)
            LoopbackServer.waitForEnd(of: connection)
        }
        let result = await get(server.url, timeout: .seconds(3))
        #expect(result.text?.utf8.count == 65_536, "\(result)")
    }

    @Test func `a connection that breaks is said`() async throws {
        let empty = try LoopbackServer { _, _ in }
        #expect(
            await get(empty.url).fault
                == OutputFailure("127.0.0.1:\(empty.port) closed the connection without an answer"))
        let short = try LoopbackServer(answer: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
        let fault = await get(short.url).fault
        #expect(fault?.reason.hasPrefix("the connection to 127.0.0.1:\(short.port) broke") == true)
        #expect(fault?.isTransient == true)
        let nonsense = try LoopbackServer(answer: "SSH-2.0-OpenSSH_9.2\r\n")
        #expect(await get(nonsense.url).fault != nil)
    }

    @Test func `nobody there, no such host, and no TLS are said`() async throws {
        let port = try MosquittoBroker.freePort()
        #expect(
            await get("http://user:s3cret@127.0.0.1:\(port)/token").fault
                == OutputFailure("cannot connect to 127.0.0.1:\(port): Couldn't connect to server"))
        #expect(
            await get("http://no-such-host.invalid/").fault == OutputFailure("cannot resolve 'no-such-host.invalid'"))
        let plain = try LoopbackServer(answer: Self.response("200 OK", "x"))
        let fault = await get("https://127.0.0.1:\(plain.port)/").fault
        #expect(fault?.reason.hasPrefix("no encrypted connection to 127.0.0.1:\(plain.port)") == true)
    }

    @Test func `a certificate that nobody vouches for is refused`() async throws {
        var options = MosquittoBroker.Options()
        options.isEncrypted = true
        let broker = try MosquittoBroker(options)
        let fault = await get("https://127.0.0.1:\(broker.port)/").fault
        #expect(fault?.reason.hasPrefix("the certificate of 127.0.0.1:\(broker.port) is not trusted: ") == true)
        #expect(fault?.isTransient == false)
    }

    @Test(arguments: [
        ("file:///etc/passwd", "GET", [], "the URL does not start with http:// or https://"),
        ("-o/tmp/x", "GET", [], "the URL does not start with http:// or https://"),
        ("http://a/\n output = x", "GET", [], "there is a space or a control character in the URL; write %20"),
        ("http://", "GET", [], "the URL is not valid"),
        ("http://a", "GET\nX", [], "'GET\nX' is no method"),
        ("http://a", "", [], "'' is no method"),
        ("http://a", "GET", [("X\r\nY", "b")], "'X\r\nY' is no name of a header"),
        ("http://a", "GET", [("X", "b\r\nY: c")], "there is a line break or a control character in 'X'"),
    ])
    func `what is no request is refused`(
        url: String, method: String, headers: [(String, String)], reason: String
    ) async {
        let headers = headers.map { HTTPRequest.Header(name: $0.0, value: $0.1) }
        let result = await answer(HTTPRequest(url: url, method: method, headers: headers))
        #expect(result == .failure(OutputFailure(reason, isTransient: false)))
    }

    @Test func `no secret is among the arguments of a process`() async throws {
        let lines = Collector<String>()
        let server = try LoopbackServer { connection, _ in
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(name) != nil {
                for file in ["cmdline", "environ"] {
                    let data = FileManager.default.contents(atPath: "/proc/\(name)/\(file)") ?? Data()
                    let text = String(decoding: data, as: UTF8.self)
                    if text.contains("curl\0") || text.contains("LC_ALL") { lines.append(text) }
                }
            }
            _ = LoopbackServer.send(Array(Self.response("200 OK", "").utf8), on: connection)
        }
        let request = HTTPRequest(
            url: server.url + "/s3cret", method: "POST", headers: [.init(name: "X-Key", value: "s3cret")],
            body: Array("s3cret".utf8))
        #expect(await answer(request).status == 200)
        #expect(lines.elements.contains { $0.contains("--config") })
        #expect(!lines.elements.contains { $0.contains("s3cret") })
    }

    @Test func `without curl it is said what to install`() async {
        let caller = HTTPCaller(runner, program: "komoku-no-curl")
        let result = await KomokuRulesTests.answer { then in
            caller.request(HTTPRequest(url: "http://127.0.0.1", method: "GET"), then: then)
        }
        let reason = "there is no program 'komoku-no-curl'; install the package curl"
        #expect(result == .failure(OutputFailure(reason, isTransient: false)))
    }

    @Test func `a cancelled request ends`() async throws {
        let ended = Collector<Bool>()
        let server = try LoopbackServer { connection, _ in
            LoopbackServer.waitForEnd(of: connection)
            ended.append(true)
        }
        let answers = Collector<Bool>()
        let cancellation = caller.request(HTTPRequest(url: server.url, method: "GET")) { _ in answers.append(true) }
        try await server.requests.wait(for: 1)
        cancellation.cancel()
        try await ended.wait(for: 1)
        #expect(answers.elements.isEmpty)
    }

    @Test func `the host is named without its password`() {
        for (url, host) in [
            ("http://u:p@nas.local:81/x", "nas.local:81"), ("https://[::1]:8/", "[::1]:8"), ("http://a@b@c?d@e", "c"),
            ("http:///", "the server"), ("nothing", "the server"), ("http://h#f", "h"),
        ] {
            #expect(CurlVerdict.host(of: url) == host)
        }
    }
}
