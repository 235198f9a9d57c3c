internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuWire
internal import NIOHTTP1
internal import NIOPosix

extension Route {
    static let hub: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/"), group: .hub,
            title: "Says what this is, or is the web page, for browsers", work: .custom { $0.givePage() },
            admission: .anybody, types: [.text, .html]),
        Route(
            method: .GET, path: PathTemplate("/api/hub"), group: .hub,
            title: "Tells who the hub is: its version and time zone",
            work: .command(.hub)),
        Route(
            method: .GET, path: PathTemplate("/api/status"), group: .hub,
            title: "Shows the hub's state, and what needs attention", work: .command(.status), tool: "status"),
        Route(
            method: .GET, path: PathTemplate("/api/stats"), group: .hub,
            title: "Tells the server's counters; who may not read every key gets those of his keys",
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
            method: .GET, path: PathTemplate("/metrics"), group: .hub,
            title: "Tells the hub's own figures to Prometheus", work: .custom { $0.tellMetrics() }, types: [.metrics]),
        Route(
            method: .POST, path: PathTemplate("/-/reload"), group: .hub,
            title: "Reloads the configuration, all of it or nothing",
            work: .command(.reload)),
        Route(
            method: .GET, path: PathTemplate("/openapi.json"), group: .hub, title: "Describes this API (OpenAPI 3.1)",
            work: .custom { $0.answer(HTTPAnswer(content: OpenAPI.text)) }, admission: .anybody),
    ]

    static let store: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/store"), group: .store,
            title: "Tells what is stored, how large it is, and the hub's outages", work: .command(.store)),
        Route(
            method: .GET, path: PathTemplate("/api/store/sizes"), group: .store,
            title: "Lists the keys that take most of the file",
            parameters: [
                .query("match", .text, "a pattern of keys; all"), .query("limit", .number, "the most keys; 100"),
            ], work: .command(.sizes)),
        Route(
            method: .POST, path: PathTemplate("/api/store/compact"), group: .store,
            title: "Compacts the database", work: .command(.compact)),
        Route(
            method: .GET, path: PathTemplate("/api/store/backup"), group: .store,
            title: "Downloads a consistent copy of the whole database", work: .custom { $0.download() }, types: [.bytes]
        ),
        Route(
            method: .GET, path: PathTemplate("/api/export"), group: .store,
            title: "Lists all points of all keys that match, one key after another",
            parameters: [
                .query("match", .pattern, "which keys; all"), .query("since", .time, "from when on; the first point"),
                .query("until", .time, "up to when; now"),
            ], work: .custom { $0.export() }, types: [.ndjson, .csv]),
        Route(
            method: .POST, path: PathTemplate("/api/import"), group: .store,
            title: "Imports keys and points",
            parameters: [
                .body("keys", .object, "definitions, by name"), .body("points", .any, "a list of [NAME,[[T,V],…]]"),
                .body("done", .flag, "whether nothing more comes; true"),
            ],
            work: .adapted(.import) { members in
                .object([JSON.Member("done", true)] + (members.object ?? []))
            }, most: 16 << 20),
    ]

    /// All of them.
    static let all: [Route] = [
        hub,
        page,
        keys,
        history,
        devices,
        helpers,
        agents,
        rules,
        notifications,
        documents,
        rooms,
        ruleFiles,
        activity,
        hooks,
        store,
        access,
        mcp,
        prometheus,
    ].flatMap { $0 }
}

extension HTTPExchange {
    fileprivate func tell(_ fault: @escaping @Sendable (Health) -> String?) {
        let fault = fault(desk.health)
        answer(HTTPAnswer(status: fault == nil ? .ok : .serviceUnavailable, body: (fault ?? "ok") + "\n"))
    }
}

extension HTTPExchange {
    fileprivate func tellMetrics() {
        let connections = context.connections.count
        desk.hub.enqueue { [self] hub in
            let metrics = desk.metrics(for: caller, connections: connections, in: hub)
            // Not on the hub's thread: many rules are many lines.
            NIOThreadPool.singleton.submit { [self] _ in
                var bytes: [UInt8] = []
                metrics.write(into: &bytes)
                answer(HTTPAnswer(content: bytes, type: .metrics))
            }
        }
    }
}

extension HTTPExchange {
    fileprivate func download() {
        desk.hub.enqueue { [self] hub in
            desk.download(for: caller, in: hub) { [self] result in
                switch result {
                case .failure(let refusal): refuse(Problem(refusal))
                case .success(let source):
                    let headers: HTTPHeaders = ["Content-Disposition": "attachment; filename=\"komoku.db\""]
                    stream(source, as: .bytes, headers: headers)
                }
            }
        }
    }

    fileprivate func export() {
        do throws(Problem) {
            guard let type = MediaType.wanted(route.types, by: request.headers) else {
                throw .notAcceptable(route.types)
            }
            guard case .export(let request) = try command(.export, members()) else { return }
            desk.counts.add([.export])
            desk.hub.enqueue { [self] hub in
                stream(desk.series(request, as: type == .csv ? .csv : .ndjson, for: caller, in: hub), as: type)
            }
        } catch {
            refuse(error)
        }
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
