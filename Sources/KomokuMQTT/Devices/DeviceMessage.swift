package import Komoku

/// A message of a watched topic, valid during the call.
package struct DeviceMessage {
    package let topic: String
    package let payload: UnsafeBufferPointer<UInt8>
    /// The broker replays it: history, never an event.
    package let isRetained: Bool
    /// It comes from the hub's memory, before the broker has spoken: discovery only.
    package let isRestored: Bool
    package let time: Timestamp
    /// What may be done on account of it.
    let budget: WorkBudget

    package init(
        topic: String, payload: UnsafeBufferPointer<UInt8>, isRetained: Bool = false, isRestored: Bool = false,
        time: Timestamp, budget: WorkBudget = WorkBudget()
    ) {
        self.topic = topic
        self.payload = payload
        self.isRetained = isRetained
        self.isRestored = isRestored
        self.time = time
        self.budget = budget
    }

    /// Nil where it is not UTF-8.
    package var text: String? { String(validating: payload, as: UTF8.self) }

    /// The payload as a document.
    ///
    /// - Throws: where it is none; bounded in depth.
    package func json() throws(JSON.Invalid) -> JSON { try JSON(parsingFromDevice: payload) }

    /// The levels of the topic.
    package var levels: [Substring] { topic.split(separator: "/", omittingEmptySubsequences: false) }
}
