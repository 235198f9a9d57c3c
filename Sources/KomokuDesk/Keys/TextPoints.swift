internal import Komoku
internal import KomokuStore
internal import KomokuWire

/// Points of a key of texts, which may be 64 KiB each: a few are read at a time.
struct TextPoints: Sendable {
    let key: KeyID
    let store: Store
    let since: Timestamp?
    let until: Timestamp?
    /// The most points, the newest.
    let limit: Int
    let newestFirst: Bool

    /// What has been read from the newest on.
    fileprivate struct Progress: Sendable {
        /// Newest first; empty once they are too large to be kept.
        var points: [Point] = []
        var bytes = 0
        var count = 0
        var oldest: Timestamp?
        var page = TextPoints.firstPage
        var isKept = true
    }

    private static let firstPage = 16
    private static let largestPage = 4096

    /// Reads so much as fits into a piece; the rest is read when it is wanted.
    ///
    /// - Parameter then: gets the answer whole, or how it is made where it is too long to be held.
    func answer(_ then: @escaping @Sendable (Outcome) -> Void) {
        gather(Progress(), then)
    }

    enum Outcome: Sendable {
        case points([Point])
        case pieces(PieceSource)
    }

    private func gather(_ progress: Progress, _ then: @escaping @Sendable (Outcome) -> Void) {
        let wanted = min(progress.page, limit - progress.count)
        store.points(
            of: key, since: since, until: progress.oldest ?? until, limit: wanted, newestFirst: true
        ) { result in
            switch result {
            case .failure(let error):
                then(.pieces(PieceSource { $0(.failed(.store(error))) }))
            case .success(let points):
                var next = progress
                next.add(points)
                let isOver = points.count < wanted || next.count >= limit
                if next.isKept, isOver { return then(.points(newestFirst ? next.points : next.points.reversed())) }
                if newestFirst, !next.isKept {
                    return then(.pieces(continuing(points: progress.points + points, next)))
                }
                if isOver {
                    return then(.pieces(ascending(from: next.oldest, left: next.count, begins: true, page: next.page)))
                }
                gather(next, then)
            }
        }
    }

    // MARK: From the oldest on

    /// Where the oldest of the wanted points is is known by now.
    private func ascending(from start: Timestamp?, left: Int, begins: Bool, page: Int) -> PieceSource {
        PieceSource { then in
            let since = begins ? start.map { $0 - Duration(microseconds: 1) } : start
            store.points(of: key, since: since, until: until, limit: min(page, left)) { result in
                switch result {
                case .failure(let error): then(.failed(.store(error)))
                case .success(let points):
                    let text = Self.text(points, begins: begins)
                    let rest = left - points.count
                    guard points.count == min(page, left), rest > 0 else {
                        return then(.last(text + [UInt8(ascii: "]")]))
                    }
                    let next = Self.nextPage(page, points)
                    then(.some(text, rest: ascending(from: points.last?.time, left: rest, begins: false, page: next)))
                }
            }
        }
    }

    // MARK: From the newest on

    private func continuing(points: [Point], _ progress: Progress) -> PieceSource {
        PieceSource { then in
            then(
                .some(
                    Self.text(points, begins: true),
                    rest: descending(from: progress.oldest, left: limit - progress.count, page: progress.page)))
        }
    }

    private func descending(from end: Timestamp?, left: Int, page: Int) -> PieceSource {
        PieceSource { then in
            guard left > 0 else { return then(.last([UInt8(ascii: "]")])) }
            store.points(of: key, since: since, until: end, limit: min(page, left), newestFirst: true) { result in
                switch result {
                case .failure(let error): then(.failed(.store(error)))
                case .success(let points):
                    let text = Self.text(points, begins: false)
                    guard points.count == min(page, left) else { return then(.last(text + [UInt8(ascii: "]")])) }
                    let next = Self.nextPage(page, points)
                    then(.some(text, rest: descending(from: points.last?.time, left: left - points.count, page: next)))
                }
            }
        }
    }

    /// `[[T,V],[T,V]`, or with a comma in front where others came before.
    private static func text(_ points: [Point], begins: Bool) -> [UInt8] {
        var bytes: [UInt8] = begins ? [UInt8(ascii: "[")] : []
        for (index, point) in points.enumerated() {
            if index > 0 || !begins { bytes.append(UInt8(ascii: ",")) }
            JSON(point).write(into: &bytes)
        }
        return bytes
    }

    static func nextPage(_ page: Int, _ points: [Point]) -> Int {
        guard !points.isEmpty else { return page }
        let average = max(32, points.reduce(0) { $0 + $1.textBytes } / points.count)
        return max(1, min(largestPage, page * 4, PieceSource.size / average))
    }
}

extension TextPoints.Progress {
    fileprivate mutating func add(_ more: [Point]) {
        count += more.count
        oldest = more.last?.time ?? oldest
        page = TextPoints.nextPage(page, more)
        bytes += more.reduce(0) { $0 + $1.textBytes + 64 }
        if isKept, bytes > PieceSource.wholeSize { isKept = false }
        points = isKept ? points + more : []
    }
}

extension Point {
    fileprivate var textBytes: Int { value?.string?.utf8.count ?? 0 }
}
