internal import Komoku
package import KomokuStore
package import KomokuWire

extension RunReport {
    /// A record as the why log keeps it: `data` has the other members.
    package init(_ row: RunRow) {
        let members: [JSON.Member] = [
            JSON.Member("run", .number(Double(row.id))), JSON.Member("rule", .string(row.rule)),
            JSON.Member("outcome", .string(row.outcome)), JSON.Member("started", .number(row.time.seconds)),
            JSON.Member("keys", .array(row.keys.map { .string($0.text) })),
        ]
        if let report = try? RunReport(.object(members + (row.data.object ?? []))) {
            self = report
        } else {
            // What is damaged is left out.
            self.init()
            (number, rule, outcome, started) = (row.id, row.rule, row.outcome, row.time)
            keys = row.keys.map(\.text)
        }
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
