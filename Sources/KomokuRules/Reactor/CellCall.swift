package import Komoku

/// One callback of a cell: what it sees, and what it wants. All of it happens once the callback has returned, in one batch with
/// what caused it.
package struct CellCall {
    package let behaviour: String
    package let id: String
    /// Nil: the cell is dead, or shall be. Stored where it differs in content.
    package var data: JSON?
    /// When `timeout` shall be called, from the end of this callback; below 0 is 0, nil is never. Nil at the beginning, but at
    /// boot what is left of the pending one (negative where it is overdue).
    package var nextTimeout: Duration?
    /// What was left of the pending timeout when the callback began.
    package let pendingTimeout: Duration?

    private(set) var effects: [Effect] = []

    enum Effect {
        case put(KeyName, JSON)
        case push(JSON)
        case inject(JSON)
    }

    init(behaviour: String, id: String, data: JSON?, nextTimeout: Duration? = nil, pendingTimeout: Duration?) {
        self.behaviour = behaviour
        self.id = id
        self.data = data
        self.nextTimeout = nextTimeout
        self.pendingTimeout = pendingTimeout
    }

    /// Puts a value to a key. A put that the hub refuses is logged.
    package mutating func put(_ key: KeyName, _ value: JSON) {
        effects.append(.put(key, value))
    }

    /// Pushes a message to a cell, also to this one.
    package mutating func send(_ message: JSON, to behaviour: String, _ id: String) throws(Reactor.Refusal) {
        try push(CellMessage(behaviour: behaviour, id: id, message: message).json)
    }

    /// Pushes a message to all handlers.
    package mutating func push(_ message: JSON) throws(Reactor.Refusal) {
        if let fault = message.storageFault() { throw .notStorable(fault) }
        effects.append(.push(message))
    }

    /// Injects a message to all handlers. One that is too many is logged.
    package mutating func inject(_ message: JSON) {
        effects.append(.inject(message))
    }
}

/// A message to a cell as the reactor carries it: an object of exactly these members. Behaviour and id are two texts, so that
/// names with `-`, `/` and spaces are told apart.
struct CellMessage {
    let behaviour: String
    let id: String
    let message: JSON

    var json: JSON { ["behaviour": .string(behaviour), "id": .string(id), "message": message] }

    init(behaviour: String, id: String, message: JSON) {
        self.behaviour = behaviour
        self.id = id
        self.message = message
    }

    /// - Returns: nil for a message that is for somebody else.
    init?(_ json: JSON) {
        guard case .object(let members) = json, members.count == 3, let behaviour = json["behaviour"]?.string,
            let id = json["id"]?.string, let message = json["message"]
        else { return nil }
        self.init(behaviour: behaviour, id: id, message: message)
    }
}
