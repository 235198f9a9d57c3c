internal import Komoku
package import KomokuStore
package import KomokuWire

extension RunReport {
    /// A record as the why log keeps it: `data` has the other members.
    ///
    /// What is damaged in it is left out.
    ///
    /// - Parameter view: of who is told; users and tokens are for administrators to know, and rules that led to it
    ///   for those who see them.
    package init(_ row: RunRow, for view: RuleView) {
        self.init()
        readStored(row.data)
        occasion.hide(from: view)
        (number, rule, outcome, started) = (row.id, row.rule, row.outcome, row.time)
        keys = row.keys.map(\.text)
    }
}

extension RunReport.Occasion {
    /// Before the name of a rule in `source`.
    private static let rule = "rule "

    /// Leaves out who somebody was, and which rule it was, where they are not told of that.
    fileprivate mutating func hide(from view: RuleView) {
        if !view.rights.isAdmin, let source, let client = ClientOrigin(source: source) {
            self.source = "\(ClientOrigin.word)\(client.surface)"
        }
        guard !view.seesAll else { return }
        guard let source, source.hasPrefix(Self.rule) else {
            // What a rule sent may come back as a message, and of the run there is but the number.
            parent = nil
            return
        }
        guard !view.sees(rule: String(source.dropFirst(Self.rule.count))) else { return }
        (self.source, parent) = ("rule", nil)
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
