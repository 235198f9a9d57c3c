/// What the machine does not give.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The thread, file or descriptor that it is about.
    package var subject: String
    package var message: String
    /// What to do about it; may be empty.
    package var remedy: String

    package init(subject: String, message: String, remedy: String = "") {
        self.subject = subject
        self.message = message
        self.remedy = remedy
    }

    package var description: String {
        remedy.isEmpty ? "\(subject): \(message)" : "\(subject): \(message); \(remedy)"
    }
}
