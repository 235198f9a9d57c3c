/// The names of a template and where their values are: each loop has names of its own.
struct JinjaNames {
    private struct Scope {
        var slots: [ByteText: Int] = [:]
        var inherited: [(slot: Int, outer: Int?)] = []
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
        for (slot, name) in names.enumerated() { scope.slots[ByteText(name)] = slot }
        scopes = [scope]
        count = names.count
    }

    /// Nil where nobody has set it yet.
    mutating func slot(of name: String) -> Int? {
        let name = ByteText(name)
        for index in scopes.indices.reversed() {
            if let slot = scopes[index].slots[name] {
                if slot == scopes[index].loop { scopes[index].usesLoop = true }
                return slot
            }
        }
        return nil
    }

    /// The slot for a value of this name from here to the end of the scope.
    mutating func define(_ name: String) throws(JinjaTemplate.Invalid) -> Int {
        if let slot = scopes.last?.slots[ByteText(name)] { return slot }
        let outer = slot(of: name)
        let slot = try make()
        scopes[scopes.count - 1].slots[ByteText(name)] = slot
        scopes[scopes.count - 1].inherited.append((slot, outer))
        return slot
    }

    /// A slot that no name has.
    mutating func make() throws(JinjaTemplate.Invalid) -> Int {
        if count >= Self.maximumCount { throw JinjaTemplate.Invalid("it has more than \(Self.maximumCount) names") }
        count += 1
        return count - 1
    }

    mutating func beginScope() { scopes.append(Scope()) }

    mutating func beginLoop() throws(JinjaTemplate.Invalid) {
        var scope = Scope()
        let slot = try make()
        scope.loop = slot
        scope.slots[ByteText("loop")] = slot
        scopes.append(scope)
        loops += 1
    }

    mutating func endScope() { scopes.removeLast() }

    /// - Returns: what each round of the loop begins with.
    mutating func endLoop() -> (slot: Int?, inherited: [(slot: Int, outer: Int?)]) {
        loops -= 1
        guard let scope = scopes.popLast() else { return (nil, []) }
        return (scope.usesLoop ? scope.loop : nil, scope.inherited)
    }
}
