internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// The answer to `statistics` of a key whose windows have texts, some windows at a time: each may have 32 texts of 256 bytes.
struct StatisticsPieces: Sendable {
    let query: StatisticsQuery
    let answer: KeyStatistics
    let fields: [StatisticsField]
    let store: Store

    /// Windows that are read at once.
    static let windowsAtOnce = 64

    /// How far it has come.
    private struct Progress: Sendable {
        /// The first bound of what is read next.
        var index = 0
        var begins = true
        /// What was read and not sent yet.
        var bytes: [UInt8]
        /// What is known of all windows so far; without these.
        var report = StatisticsReport()
        var unwatched = 0.0
    }

    /// Whether a question is worth being cut.
    static func areNeeded(for query: StatisticsQuery) -> Bool {
        query.type == .string && query.bounds.count > windowsAtOnce + 1
    }

    var source: PieceSource {
        let start = Progress(bytes: answer.opening)
        return PieceSource { then in gather(start, then) }
    }

    private func gather(_ progress: Progress, _ then: @escaping @Sendable (PieceSource.Piece) -> Void) {
        let end = min(query.bounds.count - 1, progress.index + Self.windowsAtOnce)
        var part = query
        part.bounds = Array(query.bounds[progress.index...end])
        store.statistics(part) { result in
            switch result {
            case .failure(let error): then(.failed(.store(error)))
            case .success(let report): take(report, through: end, progress, then)
            }
        }
    }

    private func take(
        _ report: StatisticsReport, through end: Int, _ progress: Progress,
        _ then: @escaping @Sendable (PieceSource.Piece) -> Void
    ) {
        var next = progress
        answer.write(
            report.windows.map { StatisticsWindow($0, fields) }, isFirst: progress.index == 0, into: &next.bytes)
        next.report.join(report)
        next.unwatched += report.windows.reduce(0) { $0 + $1.unwatched.seconds }
        next.index = end
        guard end < query.bounds.count - 1 else {
            var whole = answer
            whole.knowledge = StatisticsKnowledge(next.report, unwatched: next.unwatched)
            return then(.last(next.bytes + whole.ending))
        }
        guard next.bytes.count >= (next.begins ? PieceSource.wholeSize : PieceSource.size) else {
            return gather(next, then)
        }
        let bytes = next.bytes
        (next.bytes, next.begins) = ([], false)
        then(.some(bytes, rest: PieceSource { [next] then in gather(next, then) }))
    }
}

extension StatisticsReport {
    /// What is known of later windows too, but for the windows themselves.
    fileprivate mutating func join(_ later: StatisticsReport) {
        rawSince = [rawSince, later.rawSince].compactMap(\.self).max()
        tiersSince = tiersSince ?? later.tiersSince
        resolution = [resolution, later.resolution].compactMap(\.self).max()
    }
}
