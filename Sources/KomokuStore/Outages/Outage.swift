package import Komoku

/// A time in which nobody watched: the hub was off, or had no broker.
package struct Outage: Hashable, Sendable {
    package enum Kind: Int64, Hashable, Sendable, CaseIterable {
        case hub = 0
        case broker = 1
    }

    package var kind: Kind
    package var start: Timestamp
    /// Nil while it lasts.
    package var end: Timestamp?

    package init(_ kind: Kind, start: Timestamp, end: Timestamp?) {
        (self.kind, self.start, self.end) = (kind, start, end)
    }
}

/// Which outages count for a key.
package enum Watching: UInt8, Hashable, Sendable {
    /// Those of the hub: its values come from clients and rules.
    case hub = 0
    /// Those of the broker too: its values come from there.
    case broker = 1
    /// None: it holds by itself.
    case always = 2
}

/// What is written of an outage; without an end it lasts.
package struct OutageWrite: Hashable, Sendable {
    package var outage: Outage
    /// It was none: what is kept of it goes.
    package var isWithdrawn = false

    package init(_ outage: Outage, isWithdrawn: Bool = false) {
        (self.outage, self.isWithdrawn) = (outage, isWithdrawn)
    }
}

/// All outages that are kept, and which of them count for which key.
struct OutageBook: Sendable {
    /// Ascending.
    private(set) var all: [Outage] = []
    private(set) var ofHub = Outages()
    private(set) var ofBroker = Outages()
    /// By key.
    private var watching: [UInt8] = []

    /// So many are kept: the oldest go.
    static let limit = 4096

    init(_ outages: [Outage] = []) {
        all = outages
        work()
    }

    mutating func apply(_ writes: [OutageWrite]) {
        if writes.isEmpty { return }
        for write in writes {
            all.removeAll { $0.kind == write.outage.kind && $0.start == write.outage.start }
            if !write.isWithdrawn { all.append(write.outage) }
        }
        work()
    }

    private mutating func work() {
        all.sort { ($0.start, $0.kind.rawValue) < ($1.start, $1.kind.rawValue) }
        if all.count > Self.limit { all.removeFirst(all.count - Self.limit) }
        ofHub = Outages(all.filter { $0.kind == .hub })
        ofBroker = Outages(all)
    }

    mutating func set(_ watching: Watching, of key: KeyID) {
        guard 0..<KeyID.limit ~= key.index else { return }
        if key.index >= self.watching.count {
            if watching == .hub { return }
            self.watching += Array(repeating: 0, count: key.index + 1 - self.watching.count)
        }
        self.watching[key.index] = watching.rawValue
    }

    func of(_ key: KeyID) -> Outages {
        let raw = key.index < watching.count && key.index >= 0 ? watching[key.index] : 0
        switch Watching(rawValue: raw) ?? .hub {
        case .hub: return ofHub
        case .broker: return ofBroker
        case .always: return Outages()
        }
    }
}
