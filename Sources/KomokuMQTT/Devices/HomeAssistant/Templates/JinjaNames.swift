/// The names of a template and where their values are: each loop has names of its own.
struct JinjaNames {
    private struct Scope {
        var places: [ByteText: Int] = [:]
        var inherited: [(place: Int, outer: Int?)] = []
        /// Of `loop`, in a loop.
        var loop: Int?
        var usesLoop = false
    }

    private var scopes: [Scope]
    private(set) var count: Int
    private(set) var loops = 0

    /// The most names of a template.
    static let maximumCount = 256

    init(_ names: [String]) {
        var scope = Scope()
        for (place, name) in names.enumerated() { scope.places[ByteText(name)] = place }
        scopes = [scope]
        count = names.count
    }

    /// Nil where nobody has set it yet.
    mutating func place(of name: String) -> Int? {
        let name = ByteText(name)
        for index in scopes.indices.reversed() {
            if let place = scopes[index].places[name] {
                if place == scopes[index].loop { scopes[index].usesLoop = true }
                return place
            }
        }
        return nil
    }

    /// The place for a value of this name from here to the end of the scope.
    mutating func define(_ name: String) throws(JinjaFault) -> Int {
        if let place = scopes.last?.places[ByteText(name)] { return place }
        let outer = place(of: name)
        let place = try make()
        scopes[scopes.count - 1].places[ByteText(name)] = place
        scopes[scopes.count - 1].inherited.append((place, outer))
        return place
    }

    /// A place that no name has.
    mutating func make() throws(JinjaFault) -> Int {
        if count >= Self.maximumCount { throw JinjaFault("it has more than \(Self.maximumCount) names") }
        count += 1
        return count - 1
    }

    mutating func beginScope() { scopes.append(Scope()) }

    mutating func beginLoop() throws(JinjaFault) {
        var scope = Scope()
        let place = try make()
        scope.loop = place
        scope.places[ByteText("loop")] = place
        scopes.append(scope)
        loops += 1
    }

    mutating func endScope() { scopes.removeLast() }

    /// - Returns: what each round of the loop begins with.
    mutating func endLoop() -> (place: Int?, inherited: [(place: Int, outer: Int?)]) {
        loops -= 1
        guard let scope = scopes.popLast() else { return (nil, []) }
        return (scope.usesLoop ? scope.loop : nil, scope.inherited)
    }
}
