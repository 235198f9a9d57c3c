internal import Komoku
internal import KomokuDesk
internal import KomokuWire
internal import NIOHTTP1

extension Route {
    static let hub: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/"), group: .hub, title: "Says what this is",
            work: .custom { $0.answer(HTTPAnswer(status: .ok, body: Route.page)) }, admission: .anybody, types: [.text]),
        Route(
            method: .GET, path: PathTemplate("/api/hub"), group: .hub,
            title: "Tells who the hub is: its version and time zone",
            work: .command(.hub)),
        Route(
            method: .GET, path: PathTemplate("/api/status"), group: .hub,
            title: "Tells how everything is, and what needs a person", work: .command(.status), tool: "status"),
        Route(
            method: .GET, path: PathTemplate("/api/stats"), group: .hub, title: "Tells the server's counters",
            work: .command(.stats)),
        Route(
            method: .GET, path: PathTemplate("/api/dead_letters"), group: .hub,
            title: "Lists messages that could not be decoded",
            parameters: [.query("limit", .count(1...10_000), "the most; 100")], work: .command(.deadLetters)),
        Route(
            method: .DELETE, path: PathTemplate("/api/dead_letters"), group: .hub, title: "Clears that list",
            work: .command(.clearDeadLetters)),
        Route(
            method: .GET, path: PathTemplate("/-/healthy"), group: .hub,
            title: "Answers ok while the hub runs and stores",
            work: .custom { $0.tell(\.illness) }, admission: .anybody, types: [.text]),
        Route(
            method: .GET, path: PathTemplate("/-/ready"), group: .hub,
            title: "Answers ok while the hub is connected to its broker, too", work: .custom { $0.tell(\.hindrance) },
            admission: .anybody, types: [.text]),
        Route(
            method: .POST, path: PathTemplate("/-/reload"), group: .hub,
            title: "Reloads the configuration, all of it or nothing",
            work: .command(.reload)),
        Route(
            method: .GET, path: PathTemplate("/openapi.json"), group: .hub, title: "Describes this API (OpenAPI 3.1)",
            work: .custom { $0.answer(HTTPAnswer(content: OpenAPI.document.bytes)) }, admission: .anybody),
    ]

    static let store: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/store"), group: .store,
            title: "Tells what is stored, how large it is, and the hub's outages", work: .command(.store)),
        Route(
            method: .POST, path: PathTemplate("/api/store/compact"), group: .store,
            title: "Merges and drops what can be, and gives room back", work: .command(.compact)),
    ]

    private static let page = """
        This is Komoku, a home-automation hub.

        The HTTP API is described at /openapi.json: curl HERE/api/keys lists all keys.
        A WebSocket at /v1 or /v2 speaks that version of its protocol; at / the one of this port.
        /-/healthy answers ok while the hub runs and stores, /-/ready while it is connected to its broker, too.
        On the command line: komoku watch '**'

        """

    /// All of them.
    static let all: [Route] = hub + keys + history + devices + rules + notifications + store
}

extension HTTPExchange {
    fileprivate func tell(_ fault: @escaping @Sendable (Health) -> String?) {
        let fault = fault(desk.health)
        answer(HTTPAnswer(status: fault == nil ? .ok : .serviceUnavailable, body: (fault ?? "ok") + "\n"))
    }
}

extension RouteTable {
    /// - Throws: where there is none.
    func route(_ method: HTTPMethod, _ path: [String]) throws(Problem) -> (Route, [String: String]) {
        switch match(method, path) {
        case .route(let route, let captures): return (route, captures)
        case .none: throw .notFound("nothing is here; /openapi.json says what is")
        case .otherMethods(let methods):
            let names = Set(methods.map(\.rawValue) + (methods.contains(.GET) ? ["HEAD"] : [])).sorted()
            throw Problem(
                status: .methodNotAllowed, code: "invalid_query",
                detail: "only \(names.joined(separator: ", ")) is answered here",
                headers: ["Allow": names.joined(separator: ", ")])
        }
    }
}
