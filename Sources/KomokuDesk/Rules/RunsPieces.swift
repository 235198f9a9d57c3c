internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// The answer to `runs`, some records at a time.
struct RunsPieces: Sendable {
    let history: RunHistory
    let query: RunQuery
    let view: RuleView

    /// Records that are read at once; one has some kilobytes at most.
    static let recordsAtOnce = 64

    /// How far it has come.
    private struct Progress: Sendable {
        var before: Int64?
        var left: Int
        var begins = true
        /// What was read and not sent yet.
        var text = Array(#"{"runs":["#.utf8)
        var isFirstRecord = true
    }

    var source: PieceSource {
        let start = Progress(before: query.before, left: query.limit)
        return PieceSource { then in gather(start, then) }
    }

    private func gather(_ progress: Progress, _ then: @escaping @Sendable (PieceSource.Piece) -> Void) {
        history.hub.enqueue { hub in
            var page = query
            page.before = progress.before
            page.limit = view.seesAll ? min(Self.recordsAtOnce, progress.left) : Self.recordsAtOnce
            let wanted = page.limit
            history.question(page, in: hub).answer { rows in
                switch rows {
                case .failure(let error): then(.failed(.store(error)))
                case .success(let rows): take(rows, isLast: rows.count < wanted, progress, then)
                }
            }
        }
    }

    private func take(
        _ rows: [RunRow], isLast: Bool, _ progress: Progress, _ then: @escaping @Sendable (PieceSource.Piece) -> Void
    ) {
        var next = progress
        let seen = rows.filter(view.sees).prefix(progress.left)
        for row in seen {
            if !next.isFirstRecord { next.text.append(UInt8(ascii: ",")) }
            view.report(row).json.write(into: &next.text)
            next.isFirstRecord = false
        }
        next.left -= seen.count
        next.before = rows.last?.id
        guard !isLast, next.left > 0 else { return then(.last(next.text + Array("]}".utf8))) }
        guard next.text.count >= (next.begins ? PieceSource.wholeSize : PieceSource.size) else {
            return gather(next, then)
        }
        let text = next.text
        (next.text, next.begins) = ([], false)
        then(.some(text, rest: PieceSource { [next] then in gather(next, then) }))
    }
}
