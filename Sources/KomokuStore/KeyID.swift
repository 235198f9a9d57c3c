/// The number of a key in one database: it indexes arrays and is never used again, not even after the key is deleted.
package struct KeyID: Hashable, Sendable {
    /// From 0 on, without large holes.
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package var index: Int { Int(rawValue) }

    /// Ids from this on are not ours: they would only cost memory.
    static let limit = 1 << 24
}
