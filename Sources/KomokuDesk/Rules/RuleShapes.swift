internal import Komoku
package import KomokuStore
package import KomokuWire

extension RunReport {
    /// A record as the why log keeps it: `data` has the other members.
    ///
    /// What is damaged in it is left out.
    package init(_ row: RunRow) {
        self.init()
        readStored(row.data)
        (number, rule, outcome, started) = (row.id, row.rule, row.outcome, row.time)
        keys = row.keys.map(\.text)
    }
}

extension ChangeCause {
    /// What made a change.
    init(_ cause: Cause) {
        switch cause {
        case .message(let topic):
            self.init(Kind.message)
            self.topic = topic
        case .client(let surface):
            self.init(Kind.client)
            client = surface
        case .rule(let name, let run, _): self.init(rule: name, run: run)
        case .expiry: self.init(Kind.expiry)
        case .clock: self.init(Kind.clock)
        }
    }
}
