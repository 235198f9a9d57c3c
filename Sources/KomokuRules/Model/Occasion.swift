package import Komoku

/// What started a run: what its trigger saw.
package struct Occasion: Hashable, Sendable {
    /// The trigger's word: `change`, `at`; `call` and `manual` beside.
    package var word: String
    package var time: Timestamp
    package var key: KeyName?
    package var value: Value?
    package var previous: Value?
    /// `payload` and `topic` of a message, arguments of a call, what was emitted; locals of the run.
    package var arguments: [String: Value] = [:]
    /// How many changes made by rules led here.
    package var depth = 0
    /// The run whose change, call or message this was; nil where it came from outside.
    package var parent: Int64?
    /// Where it came from, for people: `message on zigbee2mqtt/hall`, `client websocket`.
    package var source: String?

    package init(_ word: String, at time: Timestamp) {
        self.word = word
        self.time = time
    }
}
