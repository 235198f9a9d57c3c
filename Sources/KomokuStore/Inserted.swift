extension Store {
    /// What became of points that were to be stored as they are.
    package struct Inserted: Hashable, Sendable {
        /// New points, and such that replaced another value of their time.
        package var stored = 0
        /// Points that were there already, with the same value.
        package var known = 0
        /// Points of hours of which only sums are left: what is given again could not be told from what is new.
        package var leftOut = 0
        /// How many points more there are than before.
        package var added = 0

        package init() {}

        package static func += (left: inout Inserted, right: Inserted) {
            left.stored += right.stored
            left.known += right.known
            left.leftOut += right.leftOut
            left.added += right.added
        }
    }
}
