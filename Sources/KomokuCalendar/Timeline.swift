import Komoku

/// What of a calendar is near a moment that moves on: the times that are on then, and the next ones. What is past is dropped, and
/// what is to come is worked out as it is asked for, so that an event without an end costs no more than one with one.
struct Timeline: Sendable {
    private let singles: [Occurrence]
    private let series: [Series]
    /// Times that have not ended by `from`, and start by `until`; by their starts.
    private(set) var loaded: [Occurrence] = []
    private var from = Timestamp.distantFuture
    /// What starts later is not worked out yet.
    private var until = Timestamp.distantPast
    private var nextSingle = 0
    /// The next time of each series that has one, the earliest first: a binary heap.
    private var heads: [Head] = []

    private struct Head: Sendable {
        var next: Occurrence
        var cursor: SeriesCursor
    }

    /// How many times are worked out at once, beside one for each series.
    private static let stride = 256
    /// More times at hand are those of a file that means harm; what is beyond is not seen.
    private static let most = 200_000

    /// - Parameter singles: by their starts.
    init(singles: [Occurrence], series: [Series]) {
        (self.singles, self.series) = (singles, series)
    }

    /// Who asks may come back by so much.
    private static let memory = Duration.seconds(600)
    /// What would have to be passed over one by one is begun anew after as long.
    private static let leap = Duration.seconds(3600)

    /// Goes to a time, forward in general.
    mutating func move(to time: Timestamp) {
        let oldest = time - Self.memory
        if time < from || oldest > max(from, until) + Self.leap {
            start(at: oldest)
        } else if time >= until {
            from = max(from, oldest)
            loaded.removeAll { $0.end <= from && $0.start < from }
        }
        while until <= time, loadMore() {}
    }

    /// The times that are on.
    func running(at time: Timestamp) -> [Occurrence] { begun(by: time).filter { $0.isOn(at: time) } }

    func isOn(at time: Timestamp) -> Bool {
        // What began last is the likeliest.
        begun(by: time).reversed().contains { $0.isOn(at: time) }
    }

    private func begun(by time: Timestamp) -> ArraySlice<Occurrence> {
        var (low, high) = (0, loaded.count)
        while low < high {
            let middle = (low + high) / 2
            if loaded[middle].start <= time { low = middle + 1 } else { high = middle }
        }
        return loaded[..<low]
    }

    /// The first moment after a time, up to which it has moved, at which something begins.
    mutating func nextStart(after time: Timestamp) -> Timestamp? {
        while true {
            let next = begun(by: time).endIndex
            if next < loaded.count { return loaded[next].start }
            guard loadMore() else { return nil }
        }
    }

    mutating func nextEnd(after time: Timestamp) -> Timestamp? {
        while true {
            let found = loaded.lazy.map(\.end).filter { $0 > time }.min()
            // What is not worked out yet ends no earlier than it starts.
            if let found, found <= until { return found }
            guard loadMore() else { return found }
        }
    }

    // MARK: Working out

    private mutating func start(at time: Timestamp) {
        (from, until, loaded, heads) = (time, .distantPast, [], [])
        nextSingle = 0
        heads.reserveCapacity(series.count)
        for series in series {
            var cursor = SeriesCursor(series, from: time)
            var next = cursor.next()
            while let passed = next, passed.end <= time, passed.start < time { next = cursor.next() }
            if let next { push(Head(next: next, cursor: cursor)) }
        }
    }

    /// - Returns: false where there is nothing more.
    private mutating func loadMore() -> Bool {
        guard loaded.count < Self.most else { return false }
        var left = Self.stride + series.count
        var found = false
        while left > 0, let next = take() {
            found = true
            if next.end <= from, next.start < from { continue }
            // Two rules of one event, or its own start and a rule, may say the same time.
            if let last = loaded.last, last.isSame(as: next) { continue }
            loaded.append(next)
            until = max(until, next.start)
            left -= 1
        }
        // All that starts at one moment is there at once.
        while let start = nextHead?.start, start == until, loaded.count < Self.most, let next = take() {
            if !(loaded.last?.isSame(as: next) ?? false) { loaded.append(next) }
        }
        if nextHead == nil { until = .distantFuture }
        return found
    }

    private var nextHead: Occurrence? {
        let single = nextSingle < singles.count ? singles[nextSingle] : nil
        guard let head = heads.first?.next else { return single }
        guard let single else { return head }
        return Occurrence.precedes(single, head) ? single : head
    }

    private mutating func take() -> Occurrence? {
        guard let next = nextHead else { return nil }
        if nextSingle < singles.count, singles[nextSingle] == next {
            nextSingle += 1
        } else {
            advanceHead()
        }
        return next
    }

    // MARK: The heap

    private mutating func push(_ head: Head) {
        heads.append(head)
        var place = heads.count - 1
        while place > 0, Occurrence.precedes(heads[place].next, heads[(place - 1) / 2].next) {
            heads.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func advanceHead() {
        if let next = heads[0].cursor.next() {
            heads[0].next = next
        } else {
            heads.swapAt(0, heads.count - 1)
            heads.removeLast()
        }
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heads.count {
                if Occurrence.precedes(heads[child].next, heads[least].next) { least = child }
            }
            if least == place { return }
            heads.swapAt(place, least)
            place = least
        }
    }
}
