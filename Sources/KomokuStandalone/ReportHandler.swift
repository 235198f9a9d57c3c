internal import Logging

/// Hands warnings and errors to whoever made the hub.
struct ReportHandler: LogHandler {
    let report: @Sendable (String) -> Void
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.warning

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let text = "\(event.message)"
        report(details.isEmpty ? text : "\(text) (\(details.joined(separator: ", ")))")
    }
}
