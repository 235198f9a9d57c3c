import Komoku
import KomokuExpression

/// Whoever wants to know what rules are made of. `Operation.visit` tells each part once; what is not asked for is passed over.
protocol PartVisitor {
    mutating func expression(_ expression: CompiledExpression)
    /// A key that it changes, and how. Expressions in that are told by themselves, too.
    mutating func change(_ target: KeyTarget, _ change: KeyChange)
    /// Keys that it goes over.
    mutating func keys(_ pattern: KeyPattern)
    /// One that it waits for.
    mutating func trigger(_ trigger: Trigger)
    /// What it sends to a broker.
    mutating func publication(_ topic: CompiledTemplate, _ payload: Content)
    /// The script or rule that it calls.
    mutating func call(_ name: String, waits: Bool)
}

/// What becomes of a key.
enum KeyChange {
    case value(Content)
    case toggle
    /// By one, or by an expression.
    case step(CompiledExpression?)
}

extension PartVisitor {
    mutating func expression(_ expression: CompiledExpression) {}
    mutating func change(_ target: KeyTarget, _ change: KeyChange) {}
    mutating func keys(_ pattern: KeyPattern) {}
    mutating func trigger(_ trigger: Trigger) {}
    mutating func publication(_ topic: CompiledTemplate, _ payload: Content) {}
    mutating func call(_ name: String, waits: Bool) {}

    mutating func template(_ template: CompiledTemplate?) {
        for case .expression(let some) in template?.parts ?? [] { expression(some) }
    }

    mutating func content(_ content: Content?) {
        switch content {
        case nil, .constant: break
        case .text(let some): template(some)
        case .expression(let some): expression(some)
        case .array(let items): for item in items { self.content(item) }
        case .object(let members): for member in members { self.content(member.content) }
        }
    }
}

/// The expressions of an operation.
struct ExpressionsFound: PartVisitor {
    private(set) var all: [CompiledExpression] = []

    mutating func expression(_ expression: CompiledExpression) { all.append(expression) }
}

/// The keys that an operation changes, as far as they are known by name.
struct ChangesFound: PartVisitor {
    private(set) var all: [(key: KeyName, change: KeyChange)] = []
    /// One of them is known only when it runs.
    private(set) var hasComputed = false

    mutating func change(_ target: KeyTarget, _ change: KeyChange) {
        if case .key(let key) = target { all.append((key, change)) } else { hasComputed = true }
    }
}

/// The scripts and rules that are called.
struct CallsFound: PartVisitor {
    private(set) var all: [(name: String, waits: Bool)] = []

    mutating func call(_ name: String, waits: Bool) { all.append((name, waits)) }
}

/// The triggers that are waited for.
struct TriggersFound: PartVisitor {
    private(set) var all: [Trigger] = []

    mutating func trigger(_ trigger: Trigger) { all.append(trigger) }
}

extension Operation {
    /// The expressions that are evaluated for it.
    var expressions: [CompiledExpression] {
        var found = ExpressionsFound()
        visit(&found)
        return found.all
    }

    /// The scripts and rules that it calls.
    var calls: [(name: String, waits: Bool)] {
        var found = CallsFound()
        visit(&found)
        return found.all
    }

    /// The keys that it changes, by name.
    var changes: ChangesFound {
        var found = ChangesFound()
        visit(&found)
        return found
    }
}

extension Procedure {
    /// Tells each of its parts once.
    func visit(_ visitor: inout some PartVisitor) {
        for instruction in instructions { instruction.operation.visit(&visitor) }
    }
}
