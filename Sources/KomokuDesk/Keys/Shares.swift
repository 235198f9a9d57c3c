internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// The part of each of some windows in which a boolean was true.
struct Shares: Sendable {
    enum Windows: Hashable, Sendable {
        /// So many of equal length.
        case count(Int)
        /// As many of this length as end in time; of them the newest.
        case steps(Duration, limit: Int)
    }

    let key: KeyInfo
    let store: Store
    let now: Timestamp

    /// Answers `[[end of window, share], …]`.
    ///
    /// - Parameter start: nil is the oldest point that anything is known of.
    func answer(
        from start: Timestamp?, to until: Timestamp?, _ windows: Windows,
        _ then: @escaping @Sendable (Reply) -> Void
    ) {
        let end = min(until ?? now, now)
        if let start { return answer(start, end, windows, then) }
        store.oldest(of: key.id) { result in
            switch result {
            case .failure(let error): then(.error(.store(error)))
            case .success(let oldest):
                guard let oldest else { return then(.points([])) }
                answer(oldest, end, windows, then)
            }
        }
    }

    private func answer(
        _ start: Timestamp, _ end: Timestamp, _ windows: Windows, _ then: @escaping @Sendable (Reply) -> Void
    ) {
        do throws(Refusal) {
            let bounds = try Self.bounds(from: start, to: end, windows)
            guard bounds.count > 1 else { return then(.points([])) }
            let query = StatisticsQuery(key: key.id, type: key.type, bounds: bounds, now: now)
            store.statistics(query) { then(Reply($0) { .encoded(Self.text(of: $0.windows)) }) }
        } catch {
            then(.error(error))
        }
    }

    /// The bounds of the windows; none where there is no window.
    static func bounds(from start: Timestamp, to end: Timestamp, _ windows: Windows) throws(Refusal) -> [Timestamp] {
        guard start < end else { return [] }
        let range = (end - start).microseconds
        switch windows {
        case .count(let count):
            let (whole, rest) = range.quotientAndRemainder(dividingBy: Int64(count))
            // Shorter than a microsecond each.
            guard whole > 0 else { return [] }
            return (0...Int64(count)).map { start + Duration(microseconds: $0 * whole + $0 * rest / Int64(count)) }
        case .steps(let span, let limit):
            let count = range / span.microseconds
            guard count <= StatisticsQuery.maximumWindows else { throw .tooManyWindows(count) }
            let first = max(0, count - Int64(limit))
            return count == 0 ? [] : (first...count).map { start + Duration(microseconds: $0 * span.microseconds) }
        }
    }

    /// A share counts the whole window, also the part in which nothing was known; only what nobody watched is left out.
    private static func text(of windows: [WindowStatistics]) -> [UInt8] {
        var bytes: [UInt8] = []
        JSON.writeList(windows, into: &bytes) { window, bytes in
            let length = (window.end - window.start).seconds - window.unwatched.seconds
            let part = (window.trueTime?.seconds ?? 0) / length
            // Quotients are not exact to the last digit; nobody needs it, and 1 shall be 1.
            let share: JSON = length > 0 ? .number(DecimalNumber.round(min(1, part), decimals: 9)) : .null
            JSON.array([.number(window.end.seconds), share]).write(into: &bytes)
        }
        return bytes
    }
}

extension Refusal {
    static func tooManyWindows(_ count: Int64) -> Refusal {
        .invalidQuery("that would be \(count) windows; at most \(StatisticsQuery.maximumWindows) fit in an answer")
    }
}
