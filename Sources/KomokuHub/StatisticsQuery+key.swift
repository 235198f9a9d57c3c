package import Komoku
package import KomokuStore

extension StatisticsQuery {
    /// Of a key as its options say that it is read.
    package init(of key: KeyInfo, bounds: [Timestamp], now: Timestamp) {
        self.init(key: key.id, type: key.type, bounds: bounds, now: now)
        counting = key.options.counterKind
        rules = CounterRules(key.options)
    }
}
