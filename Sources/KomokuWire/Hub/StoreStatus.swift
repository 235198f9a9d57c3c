public import Komoku

/// What the file holds.
public struct StoreSizes: Shape, Hashable, WireValue {
    public var keys: Int?
    public var fileBytes: Int?
    public var journalBytes: Int?
    /// Bytes of the file that hold nothing.
    public var freeBytes = 0
    public var tiers: [Tier] = []
    /// What is sealed and not merged yet.
    public var fresh = Amount()
    public var lastMerge: Timestamp?
    /// Points dropped for their age, and for the size of the file.
    public var expiredPoints = 0
    public var cappedPoints = 0
    /// Points that came for hours of which only sums were left.
    public var leftOutPoints = 0

    public struct Tier: Shape, Hashable, WireValue {
        /// `raw`, `5m`, `1h` or `damaged`.
        public var name = ""
        /// Points or buckets.
        public var count = 0
        public var blocks = 0
        public var bytes = 0

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.required("name", &name)
            try visit.always("count", &count)
            try visit.always("blocks", &blocks)
            try visit.always("bytes", &bytes)
        }
    }

    public struct Amount: Shape, Hashable, WireValue {
        public var points = 0
        public var bytes = 0

        public init() {}
        package init(points: Int, bytes: Int) { (self.points, self.bytes) = (points, bytes) }

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.always("points", &points)
            try visit.always("bytes", &bytes)
        }
    }

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.optional("keys", &keys)
        try visit.optional("file_bytes", &fileBytes)
        try visit.optional("journal_bytes", &journalBytes)
        try visit.always("free_bytes", &freeBytes)
        try visit.list("tiers", &tiers)
        try visit.always("fresh", &fresh)
        try visit.nullable("last_merge", &lastMerge)
        try visit.always("expired_points", &expiredPoints)
        try visit.always("capped_points", &cappedPoints)
        try visit.always("left_out_points", &leftOutPoints)
    }
}

/// The answer to `compact`.
public struct Compaction: Shape, Hashable {
    public var before = StoreSizes()
    public var after = StoreSizes()

    public init() {}
    package init(before: StoreSizes, after: StoreSizes) { (self.before, self.after) = (before, after) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("before", &before)
        try visit.always("after", &after)
    }
}

/// What the store and the hub did since the start, and whether storing works: the answer to `store`.
public struct StoreStatus: Shape, Hashable {
    public var isStoring = true
    public var lastError: String?
    public var keys = 0
    public var fileBytes = 0
    public var commits = 0
    public var durablePuts = 0
    public var pendingPuts = 0
    public var droppedPuts = 0
    public var journal = Journal()
    public var head = StoreSizes.Amount()
    public var sealed = Sealed()
    public var corrupt = Corrupt()
    public var deadLetters = 0
    public var hub = HubCounters()
    /// What was found wrong with the database, and what is lost.
    public var damage: JSON?
    /// The newest first.
    public var outages: [OutageReport] = []
    /// What the file holds, or why that could not be read.
    public var sizes: StoreSizes?
    public var reportError: String?

    public struct Journal: Shape, Hashable, WireValue {
        public var rows = 0
        public var bytes = 0
        public var bytesWritten = 0

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.always("rows", &rows)
            try visit.always("bytes", &bytes)
            try visit.always("bytes_written", &bytesWritten)
        }
    }

    public struct Sealed: Shape, Hashable, WireValue {
        public var seals = 0
        public var points = 0
        public var bytes = 0

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.always("seals", &seals)
            try visit.always("points", &points)
            try visit.always("bytes", &bytes)
        }
    }

    public struct Corrupt: Shape, Hashable, WireValue {
        public var journalRows = 0
        public var blocks = 0

        public init() {}

        public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
            try visit.always("journal_rows", &journalRows)
            try visit.always("blocks", &blocks)
        }
    }

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("storing", &isStoring)
        try visit.nullable("last_error", &lastError)
        try visit.always("keys", &keys)
        try visit.always("file_bytes", &fileBytes)
        try visit.always("commits", &commits)
        try visit.always("durable_puts", &durablePuts)
        try visit.always("pending_puts", &pendingPuts)
        try visit.always("dropped_puts", &droppedPuts)
        try visit.always("journal", &journal)
        try visit.always("head", &head)
        try visit.always("sealed", &sealed)
        try visit.always("corrupt", &corrupt)
        try visit.always("dead_letters", &deadLetters)
        try visit.always("hub", &hub)
        try visit.optional("damage", &damage)
        try visit.list("outages", &outages, .unlessEmpty)
        try visit.optional("report_error", &reportError)
        // Its members stand among the others, where it could be read.
        var tiers: JSON?
        if visit.isReading { try visit.optional("tiers", &tiers) }
        guard var held = sizes ?? tiers.map({ _ in StoreSizes() }) else { return }
        try held.members(&visit)
        (held.keys, held.fileBytes, held.journalBytes) = (nil, nil, nil)
        sizes = held
    }
}

/// What the hub did since the start.
public struct HubCounters: Shape, Hashable, WireValue {
    public var puts = 0
    public var changes = 0
    /// Puts of an equal value, not kept.
    public var suppressed = 0
    public var refused = 0
    public var deadLetters = 0
    public var expired = 0
    /// Open ones.
    public var subscriptions = 0
    public var futurePuts = 0
    public var futurePoints = 0
    public var misdatedPoints = 0

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("puts", &puts)
        try visit.always("changes", &changes)
        try visit.always("suppressed", &suppressed)
        try visit.always("refused", &refused)
        try visit.always("dead_letters", &deadLetters)
        try visit.always("expired", &expired)
        try visit.always("subscriptions", &subscriptions)
        try visit.always("future_puts", &futurePuts)
        try visit.always("future_points", &futurePoints)
        try visit.always("misdated_points", &misdatedPoints)
    }
}
