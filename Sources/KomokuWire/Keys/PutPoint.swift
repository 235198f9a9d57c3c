public import Komoku

/// A value to put, one of many.
public struct PutPoint: Hashable, Sendable {
    public var key: String
    /// A number, a text, true or false.
    public var value: JSON
    /// Nil is now.
    public var time: Timestamp?

    public init(_ key: String, _ value: JSON, at time: Timestamp? = nil) {
        (self.key, self.value, self.time) = (key, value, time)
    }
}

/// What came of values that were put together. Those that were taken are on disk, unless `isStored` is false.
public struct PutReport: Hashable, Sendable {
    public struct Refused: Hashable, Sendable {
        /// The place among those that were put, from 0 on.
        public let place: Int
        public let refusal: Refusal

        package init(_ place: Int, _ refusal: Refusal) { (self.place, self.refusal) = (place, refusal) }
    }

    public package(set) var taken = 0
    public package(set) var refused: [Refused] = []
    /// False where the hub cannot store anything at the moment.
    public package(set) var isStored = true

    package init() {}
}
