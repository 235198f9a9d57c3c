/// Which of the two JSON protocols a connection speaks. They share their commands and differ in the form of the replies.
public enum ProtocolVersion: Int, Hashable, Sendable, CaseIterable {
    /// Bare replies: a value, `"ack"`, `{"error":CODE}`.
    case v1 = 1
    /// `{"result":…}` or `{"error":CODE}`, with the `query_id` of the command.
    case v2 = 2
}
