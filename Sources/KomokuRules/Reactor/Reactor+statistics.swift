package import Komoku

extension Reactor {
    /// What the reactor has done since it started.
    package struct Statistics: Hashable, Sendable {
        /// Messages that were pushed, and those of them that had to be written because they could not be handled at once.
        package var pushed = 0
        package var written = 0
        /// Messages that an earlier process left behind.
        package var restored = 0
        package var injected = 0
        /// Injected messages that were refused because too many waited, and those that were lost at a clean exit.
        package var refused = 0
        package var lost = 0
        /// Messages that all handlers have had.
        package var handled = 0
        /// Messages that wait now.
        package var waiting = 0
        package var waitingInjected = 0
        package var isStopped = false
        package var handlers: [HandlerStatistics] = []
    }

    package struct HandlerStatistics: Hashable, Sendable {
        package var name: String
        package var isOn = true
        /// Messages that it was given, the one at which it threw included.
        package var handled = 0
        /// Why it was switched off the last time.
        package var error: String?
    }

    /// A message as handlers get it.
    package struct Message: Hashable, Sendable {
        /// Grows with each message; nil for an injected one.
        package let id: Int64?
        package let body: JSON
        package let time: Timestamp

        package var isInjected: Bool { id == nil }
    }

    /// Why a message was not taken.
    package enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// It cannot be written as JSON and read again; the reason is a clause.
        case notStorable(String)
        /// `maximumInjected` wait.
        case tooMany

        package var description: String {
            switch self {
            case .notStorable(let reason): "the message cannot be stored: \(reason)"
            case .tooMany: "\(Reactor.maximumInjected) injected messages wait already"
            }
        }
    }
}
