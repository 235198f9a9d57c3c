internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// The course of a key in equal parts of a time.
struct GraphSeries: Hashable {
    struct Part: Hashable {
        /// Seconds since 1970.
        var start: Double
        /// Nil where nothing is known.
        var value: Double?
        var low: Double?
        var high: Double?
    }

    let key: String
    let unit: String?
    let isBoolean: Bool
    let isCounter: Bool
    let since: Timestamp
    let until: Timestamp
    var parts: [Part] = []

    /// What the graph shows: `kitchen.temperature °C`.
    var title: String {
        let what = isCounter ? " (increase)" : isBoolean ? " (share of the time that it was true)" : ""
        return [key.printable, isBoolean ? nil : unit?.printable].compactMap(\.self).joined(separator: " ") + what
    }

    /// The lowest and the highest value, somewhat apart; nil where nothing is known.
    var bounds: (low: Double, high: Double)? {
        if isBoolean { return (0, 1) }
        let lows = parts.compactMap { $0.low ?? $0.value }.filter(\.isFinite)
        let highs = parts.compactMap { $0.high ?? $0.value }.filter(\.isFinite)
        guard var low = lows.min(), var high = highs.max() else { return nil }
        if isCounter { (low, high) = (min(0, low), max(0, high)) }
        if isCounter, low == high { high = 1 }
        if low == high {
            let margin = low == 0 ? 1 : low.magnitude / 100
            (low, high) = (low - margin, high + margin)
        }
        // A span that overflows cannot be drawn to scale.
        return (high - low).isFinite ? (low, high) : nil
    }

    /// The values by columns of equal time, each the mean of the parts in it.
    func columns(_ count: Int) -> [Double?] {
        let length = (until - since).seconds
        guard count > 0, length > 0 else { return [] }
        var found = [(sum: Double, count: Double)](repeating: (0, 0), count: count)
        func column(_ time: Double) -> Int {
            let place = (time - since.seconds) / length * Double(count)
            return place.isFinite ? min(count, max(0, Int(max(0, min(place, Double(count)))))) : 0
        }
        for (index, part) in parts.enumerated() {
            guard let value = part.value else { continue }
            let first = min(count - 1, column(part.start))
            let end = index + 1 < parts.count ? column(parts[index + 1].start) : count
            for column in first..<max(first + 1, end) {
                found[column] = (found[column].sum + value, found[column].count + 1)
            }
        }
        return found.map { $0.count == 0 ? nil : $0.sum / $0.count }
    }
}

extension Client {
    /// - Parameter count: how many parts there are at most.
    func course(
        of key: KeyDescription, since: Timestamp, until: Timestamp, parts count: Int, zone: String?
    ) async throws -> GraphSeries {
        let type = KeyType(rawValue: key.type)
        var series = GraphSeries(
            key: key.name, unit: key.unit, isBoolean: type?.isBoolean == true, isCounter: type == .counter,
            since: since, until: until)
        let seconds = max(1, Int(((until - since).seconds / Double(max(1, count))).rounded(.up)))
        var request = StatisticsRequest(try key.name.asName(), since: since, until: until, step: "\(seconds)s")
        request.zone = zone
        request.fields =
            switch type {
            case .boolean, .uptime: [.fraction]
            case .counter: [.increase]
            default: [.minimum, .timeMean, .maximum]
            }
        let answer = try await statistics(request)
        series.parts = answer.windows.map { window in
            let figures = window.figures
            return GraphSeries.Part(
                start: max(window.start, since).seconds,
                value: figures[.timeMean] ?? figures[.fraction] ?? figures[.increase], low: figures[.minimum],
                high: figures[.maximum])
        }
        return series
    }
}
