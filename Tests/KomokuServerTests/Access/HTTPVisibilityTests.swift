import Komoku
import KomokuDesk
import KomokuDeskTesting
import KomokuWire
import Logging
import NIOHTTP1
import Testing

@testable import KomokuServer

/// By HTTP, too, a guest is answered as in a house without what he must not hear of: every route that there is.
@Suite(.timeLimit(.minutes(2))) struct HTTPVisibilityTests {
    /// They do not end; what they tell is what a subscription tells.
    private static let streams: Set = ["/api/changes"]

    private static let words: [String: [String]] = [
        "key": ["hall.lux", "hall.light", "safe.geheim", "hall.geheim", "alarm.geheim", "nothing"],
        "rule": ["lux-light", "geheim-teller", "geheim-tellers", "none"], "device": ["hall", "geheim", "none"],
    ]

    /// A route's path with each word that its names may stand for, all of them in turn.
    private static func targets(of route: Route) -> [String] {
        let names = route.path.segments.compactMap { if case .capture(let name) = $0 { name } else { nil } }
        let count = names.map { words[$0]?.count ?? 1 }.max() ?? 1
        return (0..<count).map { index in
            "/"
                + route.path.segments.map { segment in
                    switch segment {
                    case .word(let word): return word
                    case .capture(let name):
                        let some = words[name] ?? ["geheim"]
                        return some[index % some.count]
                    }
                }.joined(separator: "/")
        }
    }

    private static func answers(isWhole: Bool) async throws -> [(request: String, answer: String)] {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try await GuestHouse.run(isWhole: isWhole) { house in
            _ = try house.desk.access.addToken("owner", .all)
            let secret = try house.desk.access.addToken("guest", try GuestHouse.rights)
            let server = Server(
                .init(endpoints: [.init(port: 0, version: .v2)]), logger: logger, limits: TestServer.quick)
            let port = try await server.start(house.desk)[0].port
            var answers: [(request: String, answer: String)] = []
            for route in RouteTable.all.routes where !streams.contains(route.path.description) {
                for target in targets(of: route) {
                    let socket = try RawSocket(port: port)
                    let body = [.GET, .DELETE].contains(route.method) ? nil : "{}"
                    let reply = try socket.request(
                        route.method.rawValue, target, body, headers: ["Authorization: Bearer \(secret)"])
                    answers.append(("\(route.method.rawValue) \(target)", "\(reply.status) \(lasting(reply.body))"))
                }
            }
            await server.stop()
            return answers
        }
    }

    /// Without what is different each time.
    private static func lasting(_ body: String) -> String {
        let lines = body.split(separator: "\n").filter { line in
            !line.hasPrefix("komoku_connections") && !line.hasPrefix("komoku_uptime")
        }
        return lines.joined(separator: "\n")
    }

    @Test func everyRouteAnswersAGuestAsInAHouseWithoutWhatIsHidden() async throws {
        let (whole, plain) = (try await Self.answers(isWhole: true), try await Self.answers(isWhole: false))
        #expect(whole.count == plain.count && whole.count > 50)
        for (told, wanted) in zip(whole, plain) {
            #expect(told.answer == wanted.answer, "\(told.request)")
            // An answer may repeat what was asked.
            if !GuestHouse.isLeak(told.request) { #expect(!GuestHouse.isLeak(told.answer), "\(told.request)") }
        }
    }

    @Test func whoIsUnknownIsToldThatTheHubRunsAndNothingElse() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await GuestHouse.run(isWhole: true) { house in
            _ = try house.desk.access.addToken("owner", .all)
            let server = Server(
                .init(endpoints: [.init(port: 0, version: .v2)]), logger: logger, limits: TestServer.quick)
            let port = try await server.start(house.desk)[0].port
            for route in RouteTable.all.routes where route.admission == .known {
                for target in Self.targets(of: route) {
                    let body = [.GET, .DELETE].contains(route.method) ? nil : "{}"
                    let reply = try RawSocket(port: port).request(route.method.rawValue, target, body)
                    #expect(reply.status == 401, "\(route.method.rawValue) \(target)")
                }
            }
            await server.stop()
        }
    }
}
