internal import NIOHTTP1

/// Finds the route of a request.
struct RouteTable: Sendable {
    enum Match: Sendable {
        case route(Route, captures: [String: String])
        /// The path is one, but not with this method.
        case otherMethods([HTTPMethod])
        case none
    }

    private struct Node: Sendable {
        var words: [String: Int] = [:]
        var capture: Int?
        /// Indices of routes.
        var routes: [Int] = []
    }

    static let all = RouteTable(Route.all)

    let routes: [Route]
    private var nodes = [Node()]

    init(_ routes: [Route]) {
        self.routes = routes
        for (index, route) in routes.enumerated() { insert(route.path.segments, index) }
    }

    private mutating func insert(_ segments: [PathTemplate.Segment], _ index: Int) {
        var node = 0
        for segment in segments {
            let next: Int?
            switch segment {
            case .word(let word): next = nodes[node].words[word]
            case .capture: next = nodes[node].capture
            }
            if let next {
                node = next
                continue
            }
            nodes.append(Node())
            switch segment {
            case .word(let word): nodes[node].words[word] = nodes.count - 1
            case .capture: nodes[node].capture = nodes.count - 1
            }
            node = nodes.count - 1
        }
        nodes[node].routes.append(index)
    }

    /// HEAD is answered wherever GET is.
    func match(_ method: HTTPMethod, _ path: [String]) -> Match {
        let wanted = method == .HEAD ? .GET : method
        guard let node = node(of: path) else { return .none }
        // What only looks whether an address is there must not ring a bell.
        let found = nodes[node].routes.map { routes[$0] }.filter { method != .HEAD || $0.group != .hooks }
        guard let route = found.first(where: { $0.method == wanted }) else {
            return found.isEmpty ? .none : .otherMethods(found.map(\.method))
        }
        var captures: [String: String] = [:]
        for (segment, word) in zip(route.path.segments, path) {
            if case .capture(let name) = segment { captures[name] = word }
        }
        return .route(route, captures: captures)
    }

    /// A word goes before a name, whatever comes behind it.
    private func node(of path: [String]) -> Int? {
        var node = 0
        for word in path {
            guard let next = nodes[node].words[word] ?? nodes[node].capture else { return nil }
            node = next
        }
        return node
    }
}
