import Glibc
import Komoku
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuStore
import KomokuTesting
import KomokuYAML
import Logging
import Testing

@testable import KomokuSources

/// Real requests to a server of this machine.
@Suite(.timeLimit(.minutes(2))) struct PollServiceTests {
    /// A hub with one poll.
    private final class House: Sendable {
        let hub: Hub
        let store: Store
        let polls: PollService
        /// How each question went.
        private let states = Collector<PollService.State>()

        init(
            _ url: String, every: Duration = .seconds(60), headers: [HTTPRequest.Header] = [],
            series: PollSettings.Series.Shape? = nil
        ) throws {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            store = try Store(Store.Configuration(location: .memory), logger: logger)
            hub = Hub(store: store, logger: logger)
            let place = SourcePosition(file: "k.yaml", line: 7, column: 3)
            let key = try KeyName(validating: "w.a")
            var poll = PollSettings.Poll(name: "weather", url: url, every: every, headers: headers)
            if let series {
                poll.series = [
                    PollSettings.Series(shape: series, key: key, decoder: FieldDecoder(), options: [], place: place)
                ]
            } else {
                poll.fields = [
                    PollSettings.Field(path: "a", key: key, decoder: FieldDecoder(), options: [], place: place)
                ]
            }
            var settings = PollSettings()
            settings.polls = [poll]
            polls = PollService(
                settings, hub: hub, environment: ["PATH": "/usr/bin:/bin", "no_proxy": "*"], spread: .zero,
                logger: logger, watcher: { [states] in states.append($0) })
            hub.start()
            polls.start()
        }

        func stop() {
            polls.stop()
            hub.stop()
            store.close()
        }

        /// Once a question has gone so.
        @discardableResult
        func state(
            where isWanted: @escaping @Sendable (PollService.State) -> Bool
        ) async throws -> PollService.State? {
            try await states.wait { $0.contains(where: isWanted) }.first(where: isWanted)
        }

        func fault() async throws -> String { try await state { $0.fault != nil }?.fault ?? "" }

        /// So many times.
        func questions(_ count: Int) async throws { try await states.wait(for: count) }
    }

    private static func response(_ status: String, _ body: String, _ headers: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(headers)Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    @Test func `an answer becomes a value, and headers go with the question`() async throws {
        let server = try LoopbackServer(answer: Self.response("200 OK", #"{"a":4.5}"#))
        let house = try House(server.url, headers: [HTTPRequest.Header(name: "X-Key", value: "abc")])
        defer { house.stop() }
        let state = try await house.state { $0.lastSuccess != nil }
        #expect(state?.fault == nil && state?.failures == 0)
        #expect(await house.hub.last(try KeyName(validating: "w.a"))?.value == .number(4.5))
        #expect(server.requests.elements.first?.contains("X-Key: abc\r\n") == true)
    }

    @Test(arguments: [
        (response("500 Oh", "no"), "HTTP 500"), (response("404 Not Found", "{}"), "HTTP 404"),
        (response("200 OK", "<html>hello"), "no JSON"), (response("200 OK", #"{"b":1}"#), "k.yaml:7:3"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{\"a\":1}", "broke"),
        ("hello\r\n", "not HTTP"), (response("302 Found", "", "Location: http://127.0.0.1:1/\r\n"), "cannot connect"),
    ])
    func `what cannot be used is a fault`(answer: String, fault: String) async throws {
        let server = try LoopbackServer(answer: answer)
        let house = try House(server.url)
        defer { house.stop() }
        let told = try await house.fault()
        #expect(told.contains(fault), "\(told)")
        #expect(house.polls.states.first?.failures ?? 0 > 0 && house.polls.states.first?.lastSuccess == nil)
        #expect(await house.hub.last(try KeyName(validating: "w.a")) == nil)
    }

    @Test func `a redirect is not followed where headers may be secret`() async throws {
        let other = try LoopbackServer(answer: Self.response("200 OK", #"{"a":1}"#))
        let server = try LoopbackServer(answer: Self.response("302 Found", "", "Location: \(other.url)/\r\n"))
        let house = try House(server.url, headers: [HTTPRequest.Header(name: "X-Key", value: "abc")])
        defer { house.stop() }
        let told = try await house.fault()
        #expect(told.contains("HTTP 302") && told.contains("write that address"))
        #expect(other.requests.elements.isEmpty)
        let open = try House(server.url)
        defer { open.stop() }
        #expect(try await open.state { $0.lastSuccess != nil } != nil)
    }

    @Test func `what a service says back of its secrets is not told`() async throws {
        let server = try LoopbackServer(
            answer: Self.response("200 OK", "no json: SECRETKEY and SECRETQUERY, Bearer SECRETKEY"))
        let house = try House(
            "\(server.url)/x?key=SECRETQUERY&a=1",
            headers: [HTTPRequest.Header(name: "Authorization", value: "Bearer SECRETKEY")])
        defer { house.stop() }
        let fault = try await house.fault()
        #expect(fault.contains("no json: ***") && !fault.contains("SECRET"), "\(fault)")
        let letters = await withCheckedContinuation { continuation in
            house.hub.enqueue { hub in
                hub.whenDurable { [store = house.store] _ in
                    continuation.resume(returning: (try? store.deadLetters(limit: 10)) ?? [])
                }
            }
        }
        #expect(letters.allSatisfy { !String(decoding: $0.payload, as: UTF8.self).contains("SECRET") })
        #expect(letters.allSatisfy { !$0.reason.contains("SECRET") })
    }

    @Test func `an answer without end is cut`() async throws {
        let server = try LoopbackServer { connection, _ in
            _ = LoopbackServer.send(Array("HTTP/1.1 200 OK\r\n\r\n[".utf8), on: connection)
            while LoopbackServer.send(Array(repeating: UInt8(ascii: " "), count: 65_536), on: connection) {}
        }
        let house = try House(server.url)
        defer { house.stop() }
        #expect(try await house.fault() == "the answer is longer than 1 MiB")
    }

    @Test func `a service that comes back is heard again`() async throws {
        let count = Collector<Int>()
        let server = try LoopbackServer { connection, _ in
            count.append(1)
            let answer = Self.response(count.elements.count < 3 ? "503 Busy" : "200 OK", #"{"a":1}"#)
            _ = LoopbackServer.send(Array(answer.utf8), on: connection)
        }
        let house = try House(server.url, every: .milliseconds(20))
        defer { house.stop() }
        #expect(try await house.state { $0.failures == 2 } != nil)
        #expect(try await house.state { $0.lastSuccess != nil }?.failures == 0)
    }

    @Test func `a forecast is points ahead, and a newer one counts`() async throws {
        let now = SystemClock().now.seconds.rounded()
        let hours = [-7200, -3600, 3600, 7200].map { now + Double($0) }
        let count = Collector<Int>()
        let server = try LoopbackServer { connection, _ in
            count.append(1)
            let values = count.elements.count == 1 ? [1, 2, 3, 4] : [9, 2, 5, 4]
            let rows = zip(hours, values).map { "{\"t\":\(Int($0)),\"v\":\($1)}" }
            let answer = Self.response("200 OK", "[\(rows.joined(separator: ","))]")
            _ = LoopbackServer.send(Array(answer.utf8), on: connection)
        }
        let house = try House(
            server.url, every: .milliseconds(20), series: .rows(list: ".", time: "t", value: "v"))
        defer { house.stop() }
        try await house.questions(3)
        let key = try KeyName(validating: "w.a")
        // What holds now is the newest that is not ahead; the past is not written anew.
        #expect(await house.hub.last(key)?.value == .number(2))
        let info = try #require(await house.hub.key(key))
        let points = await withCheckedContinuation { done in
            house.hub.enqueue { hub in
                hub.whenDurable { _ in
                    house.store.points(of: info.id, limit: 100) { done.resume(returning: (try? $0.get()) ?? []) }
                }
            }
        }
        #expect(points.map { $0.value?.number ?? 0 } == [1, 2, 5, 4], "\(points)")
    }
}
