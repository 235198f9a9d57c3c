internal import Komoku
package import KomokuStore
package import KomokuWire

extension RunReport {
    /// A record as the why log keeps it: `data` has the other members.
    ///
    /// What is damaged in it is left out.
    ///
    /// - Parameter rights: of who is told; users and tokens are for administrators to know.
    package init(_ row: RunRow, for rights: Rights) {
        self.init()
        readStored(row.data)
        if !rights.isAdmin, let source = occasion.source, let client = ClientOrigin(source: source) {
            occasion.source = "\(ClientOrigin.word)\(client.surface)"
        }
        (number, rule, outcome, started) = (row.id, row.rule, row.outcome, row.time)
        keys = row.keys.map(\.text)
    }
}

extension ChangeCause {
    /// What made a change.
    ///
    /// - Parameter rights: of who is told; users and tokens are for administrators to know.
    init(_ cause: Cause, for rights: Rights) {
        switch cause {
        case .message(let topic):
            self.init(Kind.message)
            self.topic = topic
        case .client(let text):
            self.init(Kind.client)
            let origin = ClientOrigin(text)
            (client, by) = (origin.surface, rights.isAdmin ? origin.who : nil)
        case .rule(let name, let run, _): self.init(rule: name, run: run)
        case .expiry: self.init(Kind.expiry)
        case .clock: self.init(Kind.clock)
        }
    }
}

/// The text of a client's cause: the surface, and behind a space who it was.
private struct ClientOrigin {
    let surface: String
    let who: String?

    /// Before it in the source of a run.
    static let word = "client "

    init(_ text: some StringProtocol) {
        let parts = text.split(separator: " ", maxSplits: 1)
        surface = parts.first.map { String($0) } ?? ""
        who = parts.count > 1 ? String(parts[1]) : nil
    }

    /// Nil where no client was the source.
    init?(source: String) {
        guard source.hasPrefix(Self.word) else { return nil }
        self.init(source.dropFirst(Self.word.count))
    }
}
