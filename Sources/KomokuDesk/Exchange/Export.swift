internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// An export under way: each frame is made when the one before it has left, so that a slow reader costs one frame.
///
/// It works on the store's reader threads and on those of a pool, never on the hub's. Each page of points is a snapshot of its
/// own, so that a long export holds nothing up.
struct Export: Sendable {
    typealias More = @Sendable () -> Void

    private let request: ExportRequest
    private let store: Store
    private let work: WorkQueues
    private let isOver: @Sendable () -> Bool
    private let then: @Sendable () -> Void
    private let send: @Sendable (Reply, More?) -> Void

    /// - Parameters:
    ///   - isOver: whether nobody hears any more.
    ///   - then: called once, when the last frame was sent or nobody hears.
    ///   - send: sends a frame; the closure, if there is one, is called when it has left.
    init(
        _ request: ExportRequest, store: Store, work: WorkQueues, isOver: @escaping @Sendable () -> Bool,
        then: @escaping @Sendable () -> Void, send: @escaping @Sendable (Reply, More?) -> Void
    ) {
        self.request = request
        self.store = store
        self.work = work
        self.isOver = isOver
        self.then = then
        self.send = send
    }

    /// How far it has come.
    private struct Progress: Sendable {
        var undefined: ArraySlice<KeyInfo>
        var keys: ArraySlice<KeyInfo>
        let keyCount: Int
        var points = 0
        /// Points of the first key that were read and not written yet.
        var page: ArraySlice<Point> = []
        /// Up to where the first key was read; nil is nowhere.
        var readTo: Timestamp?
        /// There is more of the first key to read.
        var isUnread = true
        /// How many points of texts are read at once.
        var textPage = 16
    }

    /// - Parameter keys: ordered by name.
    func start(_ keys: [KeyInfo]) {
        define(Progress(undefined: keys[...], keys: keys[...], keyCount: keys.count))
    }

    /// Sends definitions, then goes on with the points.
    private func define(_ progress: Progress) {
        guard !isOver() else { return then() }
        var progress = progress
        var frame = ExportFrame(#"{"keys":{"#, "}}")
        while let key = progress.undefined.first, !frame.isFull {
            frame.add(key)
            progress.undefined.removeFirst()
        }
        let next = progress
        let isLast = next.undefined.isEmpty
        send(.encoded(frame.finished()), resuming { isLast ? gather(next, Self.emptyFrame) : define(next) })
    }

    private static var emptyFrame: ExportFrame { ExportFrame(#"{"points":["#, "]}") }

    /// A closure that goes on elsewhere: it is called on the connection's own thread.
    private func resuming(_ continuation: @escaping @Sendable () -> Void) -> More {
        { work.async(continuation) }
    }

    /// Fills a frame and sends it.
    private func gather(_ progress: Progress, _ frame: ExportFrame) {
        guard !isOver() else { return then() }
        var (progress, frame) = (progress, frame)
        while let key = progress.keys.first {
            let written = frame.add(progress.page, of: key)
            progress.page.removeFirst(written)
            progress.points += written
            if frame.isFull {
                let next = progress
                return send(.encoded(frame.finished()), resuming { gather(next, Self.emptyFrame) })
            }
            if progress.isUnread { return read(key, progress, frame) }
            progress.keys.removeFirst()
            (progress.readTo, progress.isUnread, progress.textPage) = (nil, true, 16)
        }
        finish(progress, frame)
    }

    private func read(_ key: KeyInfo, _ progress: Progress, _ frame: ExportFrame) {
        // Texts are as long as they like, and a page is held in memory.
        let limit = key.type == .string ? progress.textPage : 8192
        let since = progress.readTo ?? request.since.map { $0 - Duration(microseconds: 1) }
        store.points(of: key.id, since: since, until: request.until, limit: limit) { result in
            switch result {
            case .failure(let error):
                send(.error(.store(error)), nil)
                then()
            case .success(let points):
                var next = progress
                next.page = points[...]
                next.readTo = points.last?.time ?? progress.readTo
                next.isUnread = points.count == limit
                if key.type == .string { next.textPage = TextPoints.nextPage(limit, points) }
                gather(next, frame)
            }
        }
    }

    private func finish(_ progress: Progress, _ frame: ExportFrame) {
        guard frame.isEmpty else {
            return send(.encoded(frame.finished()), resuming { finish(progress, Self.emptyFrame) })
        }
        send(.json(ExportPart.done(points: progress.points, keys: progress.keyCount).json), nil)
        then()
    }
}
