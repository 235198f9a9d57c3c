internal import Komoku
package import KomokuHub
package import KomokuStore
package import KomokuWire

/// Which rules somebody sees: those all of whose keys he may read, as far as they are known before they run. Made on the hub's
/// thread; a rule that is loaded later is not seen by it.
package struct RuleView: Sendable {
    package let rights: Rights
    /// Nil is all.
    private let names: Set<String>?

    package init(_ rights: Rights, _ service: any RuleService, in hub: isolated Hub) {
        self.rights = rights
        guard !rights.readsAll else {
            names = nil
            return
        }
        let patterns = rights.reading ?? []
        let visible = service.keysOfRules(in: hub).filter { rule in
            rule.value.allSatisfy { key in patterns.contains { $0.covers(key) } }
        }
        names = Set(visible.keys)
    }

    /// As he is told of it.
    package func report(_ row: RunRow) -> RunReport { RunReport(row, for: self) }

    package var seesAll: Bool { names == nil }

    package func sees(rule: String) -> Bool { names?.contains(rule) ?? true }

    /// A run tells of the keys that it read and changed, and in its texts of what they were.
    package func sees(_ row: RunRow) -> Bool {
        guard let names else { return true }
        return names.contains(row.rule) && row.keys.allSatisfy { rights.mayRead($0) }
    }
}
