internal import NIOHTTP1

/// A whole request, at a route.
struct HTTPRequest: Sendable {
    var method: HTTPMethod
    var target: RequestTarget
    var headers: HTTPHeaders
    /// What the path has where the route's has a name.
    var captures: [String: String] = [:]
    var body: [UInt8] = []

    var query: FormFields { target.query }

    /// Whether its body says that it is a text.
    var isText: Bool {
        headers.first(name: "Content-Type").map { $0.lowercased().hasPrefix("text/plain") } ?? false
    }
}
