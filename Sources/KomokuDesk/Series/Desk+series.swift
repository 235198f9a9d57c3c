internal import Komoku
package import KomokuHub
internal import KomokuStore
package import KomokuWire

extension Desk {
    /// The points of a key as text, made as they are read: however many there are, a page of them is held.
    ///
    /// - Throws: where there is nothing between the bounds.
    package func series(
        _ request: SeriesRequest, of key: KeyInfo, as form: SeriesText.Form, in hub: isolated Hub
    ) throws(Refusal) -> PieceSource {
        let now = hub.clock.now
        let range = try request.range.bounds(now: now)
        let isHeld = form == .json
        let pages = SeriesPages(
            key: key, store: hub.store, text: SeriesText(form, key: key.name), since: range.lowerBound,
            until: request.range.until ?? key.end(at: now) ?? now + Duration(microseconds: 1),
            limit: request.limit ?? (isHeld ? SeriesRequest.usualPoints : .max))
        return pages.source(after: request.after)
    }
}

extension Desk {
    /// The points of all keys that match and may be read, one key after another.
    package func series(
        _ request: ExportRequest, as form: SeriesText.Form, for caller: Caller, in hub: isolated Hub
    ) -> PieceSource {
        let now = hub.clock.now
        let keys = hub.keys(matching: request.pattern).filter { caller.rights.mayRead($0.name) }
        let pages = keys.enumerated().map { index, key in
            SeriesPages(
                key: key, store: hub.store, text: SeriesText(form, key: key.name, isFirst: index == 0),
                since: request.since ?? .distantPast,
                until: request.until ?? key.end(at: now) ?? now + Duration(microseconds: 1), limit: .max)
        }
        return SeriesPages.chain(pages[...])
    }
}

/// An answer of points, a page at a time.
private struct SeriesPages: Sendable {
    let key: KeyInfo
    let store: Store
    let text: SeriesText
    let since: Timestamp
    let until: Timestamp
    let limit: Int

    /// How far it has come.
    struct Progress: Sendable {
        /// Left out.
        var from: Timestamp
        var left: Int
        var page: Int
        var begins = true
    }

    /// Numbers are small; texts are as long as they like, and a page is held in memory.
    private static let page = 32_768
    private static let textPage = 16

    func source(after: Timestamp?) -> PieceSource {
        let start = since - Duration(microseconds: 1)
        return source(
            Progress(
                from: max(after ?? start, start), left: limit, page: key.type == .string ? Self.textPage : Self.page))
    }

    /// One after another.
    static func chain(_ pages: ArraySlice<SeriesPages>) -> PieceSource {
        guard let first = pages.first else { return PieceSource { $0(.last([])) } }
        return first.source(after: nil).followed(by: pages.count > 1 ? chain(pages.dropFirst()) : nil)
    }

    private func source(_ progress: Progress) -> PieceSource {
        PieceSource { then in
            let wanted = min(progress.page, progress.left)
            store.points(of: key.id, since: progress.from, until: until, limit: wanted) { result in
                switch result {
                case .failure(let error): then(.failed(.store(error)))
                case .success(let points): then(piece(points, wanted, progress))
                }
            }
        }
    }

    private func piece(_ points: [Point], _ wanted: Int, _ progress: Progress) -> PieceSource.Piece {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128 + points.count * 48)
        if progress.begins { text.begin((since, until), into: &bytes) }
        text.write(points, continuing: !progress.begins, into: &bytes)
        var next = progress
        (next.begins, next.left) = (false, progress.left - points.count)
        if let last = points.last { next.from = last.time }
        if key.type == .string { next.page = TextPoints.nextPage(wanted, points) }
        guard points.count == wanted, next.left > 0 else {
            text.end(next: points.count == wanted ? points.last?.time : nil, into: &bytes)
            return .last(bytes)
        }
        return .some(bytes, rest: source(next))
    }
}

extension PieceSource {
    /// Another answer behind this one.
    fileprivate func followed(by other: @autoclosure @escaping @Sendable () -> PieceSource?) -> PieceSource {
        PieceSource { [next] then in
            next { piece in
                switch piece {
                case .some(let bytes, let rest): then(.some(bytes, rest: rest.followed(by: other())))
                case .last(let bytes):
                    if let other = other() { then(.some(bytes, rest: other)) } else { then(.last(bytes)) }
                case .failed(let refusal): then(.failed(refusal))
                }
            }
        }
    }
}
