internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// What one key did in some windows that follow each other: for a meter what it counted, for a price its mean.
struct EnergyWindows: Sendable {
    struct Figure: Hashable, Sendable {
        /// Nil where nothing is known.
        var amount: Double?
        /// Seconds.
        var known = 0.0
    }

    /// One more than there are figures.
    let bounds: [Timestamp]
    var figures: [Figure] = []
    /// When the key began; nil where it has no past.
    var oldest: Timestamp?
}

/// A key of which windows are wanted.
struct EnergySeries: Sendable {
    let key: KeyInfo
    let bounds: [Timestamp]
    let isPrice: Bool
}

/// Reads the windows of some keys, one key after another, and of a long time a part at a time.
struct EnergyGathering: Sendable {
    let store: Store
    let now: Timestamp

    typealias Answer = @Sendable (Result<[EnergyWindows], Store.Error>) -> Void

    /// A window of the store holds more than is wanted of it, so that they are not asked for all at once.
    private static let windowsAtOnce = 2_000

    func gather(_ series: [EnergySeries], _ then: @escaping Answer) {
        next(series[...], [], then)
    }

    private func next(_ left: ArraySlice<EnergySeries>, _ done: [EnergyWindows], _ then: @escaping Answer) {
        guard let series = left.first else { return then(.success(done)) }
        store.oldest(of: series.key.id) { result in
            switch result {
            case .failure(let error): then(.failure(error))
            case .success(let oldest):
                let windows = EnergyWindows(bounds: series.bounds, oldest: oldest)
                read(series, windows) { result in
                    switch result {
                    case .failure(let error): then(.failure(error))
                    case .success(let windows): next(left.dropFirst(), done + [windows], then)
                    }
                }
            }
        }
    }

    private func read(
        _ series: EnergySeries, _ windows: EnergyWindows,
        _ then: @escaping @Sendable (Result<EnergyWindows, Store.Error>) -> Void
    ) {
        let from = windows.figures.count
        guard from < series.bounds.count - 1 else { return then(.success(windows)) }
        let part = Array(series.bounds[from...].prefix(Self.windowsAtOnce + 1))
        store.statistics(StatisticsQuery(of: series.key, bounds: part, now: now)) { result in
            switch result {
            case .failure(let error): then(.failure(error))
            case .success(let report):
                var windows = windows
                windows.figures += report.windows.map { window in
                    EnergyWindows.Figure(
                        amount: series.isPrice ? window.timeMean : window.increase, known: window.known.seconds)
                }
                // A key that the store does not know yet has no windows at all.
                if report.windows.count < part.count - 1 {
                    windows.figures += Array(repeating: .init(), count: part.count - 1 - report.windows.count)
                }
                read(series, windows, then)
            }
        }
    }
}
