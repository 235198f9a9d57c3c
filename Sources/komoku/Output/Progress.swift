internal import Glibc
internal import Komoku

/// How far a long command is, in one line of the standard error output that is written over; only for people.
struct Progress {
    private let isShown = Screen.showsProgress
    private var last = Timestamp(microseconds: 0)
    private var pace: Pace?

    /// - Parameter text: made only when it is shown, some five times a second.
    mutating func show(_ text: () -> String) {
        guard isShown else { return }
        let now = LocalTime.now
        guard (now - last).microseconds.magnitude > 200_000 else { return }
        last = now
        let width = Screen.width(of: STDERR_FILENO)
        Terminal.note("\r\u{1B}[K" + text().fitting(width - 1))
    }

    /// The same with how fast it goes, and how long it still takes.
    ///
    /// - Parameters:
    ///   - points: that are done.
    ///   - share: of the whole that is done, 0 to 1; nil where that is not known.
    mutating func show(points: Int, share: Double? = nil, _ text: () -> String) {
        guard isShown else { return }
        let pace = pace ?? Pace(start: LocalTime.now)
        self.pace = pace
        show { ([text()] + pace.texts(points: points, share: share, now: LocalTime.now)).joined(separator: ", ") }
    }

    /// Shows what the hub is doing for as long as it does it.
    ///
    /// - Parameter share: of the whole that is done, 0 to 1; nil where that is not known.
    static func during<Result>(
        _ work: String, share: @escaping @Sendable () -> Double? = { nil }, _ body: () async throws -> Result
    ) async throws -> Result {
        let pace = Pace(start: LocalTime.now)
        let ticking = Task {
            var progress = Progress()
            while progress.isShown, (try? await Task.sleep(for: .milliseconds(500))) != nil {
                progress.show {
                    ([work] + pace.texts(share: share(), now: LocalTime.now)).joined(separator: ", ")
                }
            }
            progress.clear()
        }
        do {
            let result = try await body()
            ticking.cancel()
            await ticking.value
            return result
        } catch {
            ticking.cancel()
            await ticking.value
            throw error
        }
    }

    /// Removes the line.
    func clear() {
        if isShown { Terminal.note("\r\u{1B}[K") }
    }
}

/// How fast long work goes.
struct Pace {
    let start: Timestamp

    /// Earlier, nothing can be said of the speed.
    private static let leastSeconds = 2.0

    /// `5,100 points/s`, `45.0 %`, `2m 10s left`, as far as they are known; else how long it has taken.
    func texts(points: Int? = nil, share: Double? = nil, now: Timestamp) -> [String] {
        let seconds = (now - start).seconds
        let percent = share.map { [Numbers.percent(min(max($0, 0), 1))] } ?? []
        guard seconds >= Self.leastSeconds else { return percent }
        let rate = points.map { ["\(Numbers.grouped(Int(Double($0) / seconds))) points/s"] } ?? []
        guard let share, share > 0.01, share <= 1 else {
            return percent + rate + (points == nil ? ["for \(Numbers.length(seconds.rounded()))"] : [])
        }
        let left = (seconds / share - seconds).rounded()
        return percent + rate + ["\(Numbers.length(left)) left"]
    }
}
