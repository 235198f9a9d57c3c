internal import KomokuStore

/// What `/-/healthy` and `/-/ready` answer.
package struct Health: Hashable, Sendable {
    /// Why nothing can be stored; nil while it can.
    package var storing: String?
    /// Why nothing comes from the broker; nil while it does, and where there is none.
    package var broker: String?

    package init(storing: String? = nil, broker: String? = nil) { (self.storing, self.broker) = (storing, broker) }

    /// Whether the process does what it is there for: it runs, and it stores.
    package var illness: String? { storing }
    /// Whether it can be used: the broker is part of it.
    package var hindrance: String? {
        let reasons = [storing, broker].compactMap(\.self)
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }
}

extension Health {
    init(_ statistics: Store.Statistics, _ broker: BrokerState?) {
        storing = statistics.isStoring ? nil : "nothing can be stored: \(statistics.lastError ?? "no reason is known")"
        self.broker = broker?.trouble
    }
}
