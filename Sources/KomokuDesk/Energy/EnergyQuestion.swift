internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// What is asked, and what has to be read for it. Made on the hub's thread.
struct EnergyQuestion: Sendable {
    /// A meter that the caller may know of.
    struct Meter: Sendable {
        var told: EnergyMeter
        /// Nil where it has no amounts.
        var scale: EnergyScale?
        var price: EnergyPrice?
        /// Of the cost: what is fed in earns.
        var sign = 1.0
        /// Where its windows are; nil where it has none.
        var series: Int?
        /// Where those of the key of its price are.
        var priceSeries: Int?
    }

    let currency: String?
    let step: EnergyStep
    let zone: Zone
    /// Of the hub: prices by the hour go by it.
    let home: Zone
    let now: Timestamp
    /// Of the rows, one more than there are.
    let bounds: [Timestamp]
    var meters: [Meter] = []
    var series: [EnergySeries] = []
    /// Nobody has said since when: rows before the first meter began are left out.
    let isUsualRange: Bool

    /// The most windows of one key; a decade has some 90,000 hours.
    static let mostWindows = 120_000

    /// - Parameter key: a key that the caller may read; nil for others.
    /// - Throws: where there is nothing between the bounds, or too much.
    init(
        _ request: EnergyRequest, _ settings: EnergySettings, zone: Zone, home: Zone, now: Timestamp,
        key: (KeyName) -> KeyInfo?, mayRead: (KeyName) -> Bool
    ) throws(Refusal) {
        (currency, step, self.zone, self.home, self.now) = (settings.currency, request.step, zone, home, now)
        isUsualRange = request.since == nil
        let range = try Self.range(request, zone, now)
        let limit = StatisticsQuery.maximumWindows
        let starts = zone.starts(of: request.step.unit, after: range.lowerBound, before: range.upperBound, limit: limit)
        guard starts.count < limit else {
            throw .invalidQuery("this would be more than \(limit) rows: take a longer step or a shorter range")
        }
        bounds = [range.lowerBound] + starts + [range.upperBound]
        for meter in settings.meters where mayRead(meter.key) { try add(meter, settings, key, mayRead) }
    }

    private static func range(
        _ request: EnergyRequest, _ zone: Zone, _ now: Timestamp
    ) throws(Refusal) -> Range<Timestamp> {
        let unit = request.step.unit
        let end = request.until ?? zone.start(of: unit, after: now)
        var start = zone.start(of: unit, at: request.since ?? min(now, end - Duration(microseconds: 1)))
        if request.since == nil {
            for _ in 1..<request.step.usualRows {
                start = zone.start(of: unit, at: start - Duration(microseconds: 1))
            }
        }
        guard start < end else { throw .invalidQuery("the range is empty: it ends before it begins") }
        return start..<end
    }

    private mutating func add(
        _ meter: EnergySettings.Meter, _ settings: EnergySettings, _ key: (KeyName) -> KeyInfo?,
        _ mayRead: (KeyName) -> Bool
    ) throws(Refusal) {
        var told = EnergyMeter()
        (told.id, told.kind, told.name) = (meter.key.text, meter.kind, meter.name ?? meter.key.text)
        let info = key(meter.key)
        let scale = EnergyScale(meter.kind, unit: info?.options.unit, factor: meter.factor)
        told.unit = scale?.unit ?? EnergyScale(meter.kind, unit: nil, factor: meter.factor)?.unit ?? ""
        var entry = Meter(told: told, scale: scale)
        guard let info else {
            entry.told.fault = "there is no such key yet"
            meters.append(entry)
            return
        }
        guard info.type == .counter, scale != nil else {
            entry.told.fault =
                info.type != .counter
                ? "it is \(info.type.rawValue), and a meter is a counter"
                : "it counts \(info.options.unit ?? ""), and this meter has to count \(EnergyScale.words(for: meter.kind))"
            meters.append(entry)
            return
        }
        if let (price, sign) = settings.price(of: meter) { setPrice(price, sign, of: &entry, key, mayRead) }
        entry.series = series.count
        series.append(EnergySeries(key: info, bounds: try windows(for: entry.price), isPrice: false))
        if let price = entry.price?.key.flatMap(key) {
            entry.priceSeries = series.count
            series.append(EnergySeries(key: price, bounds: try windows(for: entry.price), isPrice: true))
        }
        meters.append(entry)
    }

    /// A price that the caller may not know is none.
    private func setPrice(
        _ price: EnergyPrice, _ sign: Double, of entry: inout Meter, _ key: (KeyName) -> KeyInfo?,
        _ mayRead: (KeyName) -> Bool
    ) {
        if let name = price.key {
            guard mayRead(name) else { return }
            if key(name)?.type.isNumber != true { entry.told.fault = "its price is unknown: '\(name)' has no number" }
        }
        (entry.price, entry.sign) = (price, sign)
    }

    /// The rows, cut where the price may change.
    private func windows(for price: EnergyPrice?) throws(Refusal) -> [Timestamp] {
        let minutes: Set<Int>
        switch price {
        case nil, .fixed: return bounds
        case .key: minutes = []
        case .hours(let hours): minutes = hours.changes
        }
        guard let first = bounds.first, let last = bounds.last else { return bounds }
        // What is to come has neither increase nor price.
        let end = min(last, max(first, now))
        // From before the first row on: its hour may have begun earlier.
        let hours = home.starts(
            of: .hour, after: first - .seconds(7200), before: end, limit: Self.mostWindows)
        guard hours.count < Self.mostWindows else {
            throw .invalidQuery(
                "prices that change by the hour are looked at for a decade at most: take a shorter range")
        }
        var cuts = Set(bounds)
        for (hour, local) in zip(hours, home.locals(at: hours)) {
            cuts.insert(hour)
            for minute in minutes where minute / 60 == local.hour && minute % 60 > local.minute {
                cuts.insert(hour + .seconds(Int64(60 * (minute % 60 - local.minute))))
            }
        }
        return cuts.filter { first <= $0 && $0 <= last }.sorted()
    }
}

extension EnergyStep {
    var unit: CalendarUnit {
        switch self {
        case .hour: .hour
        case .day: .day
        case .week: .week
        case .month: .month
        case .year: .year
        }
    }

    /// As many rows are told where nobody says since when.
    fileprivate var usualRows: Int {
        switch self {
        case .hour: 24
        case .day: 31
        case .week: 13
        case .month: 12
        case .year: 10
        }
    }
}
