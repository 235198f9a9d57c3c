package import Komoku
package import KomokuStore
internal import Logging

/// A part of the daemon that says what a put to one of its keys means: `start` to a timer, or a number beyond what it may be.
package protocol PutInterpreter: AnyObject, Sendable {
    /// On the hub's thread, before the value is looked at. Must not block.
    ///
    /// - Parameter time: of the put; nil is now. Who acts on the put may say that it is of the present.
    /// - Returns: what the key gets; nil leaves it as it is.
    /// - Throws: where the key takes no such value, or none of that time.
    func interpret(
        _ json: JSON, at time: inout Timestamp?, of key: KeyID, in hub: isolated Hub
    ) throws(CommandError) -> JSON?
}

extension Hub {
    /// Lets `interpreter` read what clients, rules and commands of the broker put to a key; nil nobody.
    package func interpret(_ key: KeyID, by interpreter: (any PutInterpreter)?) { interpreters[key] = interpreter }

    /// What a put that somebody makes means; the hub's own mean what they say.
    ///
    /// - Returns: nil where nothing is to be done.
    func meaning(
        of json: JSON, dated time: inout Timestamp?, at index: Int, cause: Cause
    ) throws(CommandError) -> JSON? {
        guard !interpreters.isEmpty, let interpreter = interpreters[table[index].id] else { return json }
        switch cause {
        case .client, .rule: return try interpreter.interpret(json, at: &time, of: table[index].id, in: self)
        case .message, .expiry, .clock: return json
        }
    }

    /// For parts of the daemon that have no log of their own.
    package func warn(_ sentence: String) { logger.warning("\(sentence)") }

    /// Whether messages of a topic that the configuration names, or of a device, came to a key.
    package func isFed(_ name: KeyName) -> Bool {
        index(of: name).map { feeding(of: table[$0].id) != .nobody } ?? false
    }
}
