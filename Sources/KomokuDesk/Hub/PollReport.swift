package import Komoku

/// How a web service that is asked again and again answers.
package struct PollReport: Hashable, Sendable {
    package typealias Source = @Sendable () -> [PollReport]

    package let name: String
    /// Nil is not since the start.
    package let lastSuccess: Timestamp?
    /// Why there was no answer that could be used, or what is wrong with it.
    package let fault: String?
    /// In a row.
    package let failures: Int

    package init(name: String, lastSuccess: Timestamp?, fault: String?, failures: Int) {
        (self.name, self.lastSuccess, self.fault, self.failures) = (name, lastSuccess, fault, failures)
    }

    /// What of it needs a person, as a sentence.
    func trouble(at now: Timestamp) -> String? {
        guard let fault else { return nil }
        guard failures > 0 else { return "the answer of the poll '\(name)' has a fault: \(fault)" }
        let times = failures == 1 ? "" : ", \(failures) times in a row"
        let since = lastSuccess.map {
            "; the last answer is \(Duration.seconds(Int64(max(0, (now - $0).seconds)))) old"
        }
        return "the poll '\(name)' fails\(times): \(fault)\(since ?? "")"
    }
}
