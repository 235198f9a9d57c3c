internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire
internal import KomokuYAML
internal import NIOConcurrencyHelpers
internal import NIOHTTP1

extension Route {
    /// What a webhook's body may have.
    private static let mostOfHook = 64 << 10

    private static let hook = Parameter.path("name", .text, "the name that the trigger 'webhook' of a rule has")
    private static let word = Parameter.path("secret", .text, "the secret of the section 'hooks'")

    static let hooks: [Route] = [
        Route(
            method: .POST, path: PathTemplate("/api/hooks/{name}"), group: .hooks,
            title:
                "Fires the rules with this webhook, by a secret in the header X-Komoku-Secret, or by the rights of who calls",
            parameters: [hook], work: .custom { $0.fireHook() }, admission: .secret, most: mostOfHook, gate: gate),
        Route(
            method: .POST, path: PathTemplate("/api/hooks/{name}/{secret}"), group: .hooks,
            title: "Fires the rules with this webhook", parameters: [hook, word],
            work: .custom { $0.fireHook() }, admission: .secret, most: mostOfHook, gate: gate),
        Route(
            method: .GET, path: PathTemplate("/api/hooks/{name}/{secret}"), group: .hooks,
            title: "The same, for devices that can do nothing but open an address", parameters: [hook, word],
            work: .custom { $0.fireHook() }, admission: .secret, most: mostOfHook, gate: gate),
    ]
}

extension Route {
    private static func isRight(_ given: String, _ known: Secret?) -> Bool {
        guard let known else { return false }
        return AccessSecret.isEqual(Array(given.utf8), Array(known.reveal().utf8))
    }

    /// The secret is in the path or in a header; without one the caller has to be known.
    private static let gate: @Sendable (HTTPRequest, Caller, ServerContext) -> Problem? = { request, caller, context in
        let given = request.captures["secret"] ?? request.headers.first(name: "X-Komoku-Secret")
        let known = context.hooks.withLockedValue { $0[request.captures["name"] ?? ""] }
        let isIn = given.map { isRight($0, known) } ?? caller.rights.writesAll
        // Who calls is told no more than that: names of webhooks are not to be found by trying.
        return isIn
            ? nil : .notAllowed("a webhook needs its secret, as the section 'hooks' of the configuration has it")
    }
}

extension HTTPExchange {
    fileprivate func fireHook() {
        let name = request.captures["name"] ?? ""
        guard let payload = String(validating: request.body, as: UTF8.self) else {
            return refuse(.badRequest("the body of a webhook is a text in UTF-8"))
        }
        var arguments: [String: Value] = [:]
        for field in request.query.fields where field.value.utf8.count <= Value.maximumStringLength {
            arguments[field.name] = .string(field.value)
        }
        fire(name, payload, arguments)
    }

    private func fire(_ name: String, _ payload: String, _ arguments: [String: Value]) {
        guard let rules = desk.rules else { return refuse(.notAllowed("no rules run here")) }
        desk.hub.enqueue { [self] hub in
            guard rules.webhook(name, payload: payload, arguments: arguments, in: hub) else {
                return refuse(.notFound("no rule has the webhook '\(name.prefix(100))'"))
            }
            // What it caused is on disk before the caller hears that it was heard.
            hub.whenDurable { [self] outcome in
                let isStored = outcome == .durable
                answer(HTTPAnswer(reply: isStored ? .ok : .unstored))
            }
        }
    }
}
