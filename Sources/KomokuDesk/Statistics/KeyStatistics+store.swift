internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

extension StatisticsSubject {
    init(_ key: KeyInfo, _ range: Range<Timestamp>, zone: String?) {
        self.init()
        (self.key, type, unit, self.zone) = (key.name.text, key.type, key.options.unit, zone)
        (since, until) = (range.lowerBound, range.upperBound)
    }
}

extension StatisticsKnowledge {
    init(_ report: StatisticsReport, unwatched: Double) {
        self.init()
        self.unwatched = unwatched
        (rawSince, tiersSince) = (report.rawSince, report.tiersSince)
        (resolution, percentileError) = (report.resolution, report.percentileError)
    }

    init(_ report: StatisticsReport) {
        self.init(report, unwatched: report.windows.reduce(0.0) { $0 + $1.unwatched.seconds })
    }
}

extension KeyStatistics {
    /// The answer with what the store found.
    func with(_ report: StatisticsReport, _ fields: [StatisticsField]) -> KeyStatistics {
        var answer = self
        answer.knowledge = StatisticsKnowledge(report)
        answer.windows = report.windows.map { StatisticsWindow($0, fields) }
        return answer
    }
}

extension KeyProfile {
    func with(_ report: StatisticsReport, _ fields: [StatisticsField]) -> KeyProfile {
        var answer = self
        answer.knowledge = StatisticsKnowledge(report)
        answer.buckets = report.windows.enumerated().map { index, window in
            // Days of the week count from 1, Monday.
            Bucket(period == .weekday ? index + 1 : index, StatisticsFigures(window, fields))
        }
        return answer
    }
}

extension StatisticsWindow {
    init(_ window: WindowStatistics, _ fields: [StatisticsField]) {
        self.init(window.start, window.end, StatisticsFigures(window, fields))
    }
}

extension StatisticsFigures {
    fileprivate init(_ window: WindowStatistics, _ fields: [StatisticsField]) {
        self.init(fields.map { Entry($0, $0.figure(of: window)) }, unwatched: window.unwatched.seconds)
    }
}

extension StatisticsField {
    fileprivate func figure(of window: WindowStatistics) -> StatisticsFigures.Figure {
        switch self {
        case .count: .number(Double(window.count))
        case .edges: .number(window.edges.map(Double.init))
        case .minimum: .number(window.minimum)
        case .maximum: .number(window.maximum)
        case .mean: .number(window.mean)
        case .timeMean: .number(window.timeMean)
        case .sum: .number(window.sum)
        case .energy: .number(window.integral.map { $0 / 3600 })
        case .deviation: .number(window.deviation)
        case .first: .value(window.first)
        case .last: .value(window.last)
        case .delta: .number(window.delta)
        case .rate: .number(window.rate)
        case .increase: .number(window.increase)
        case .resets: .number(window.resets.map(Double.init))
        case .glitches: .number(window.glitches.map(Double.init))
        case .fraction: .number(window.fraction)
        case .trueTime: .number(window.trueTime?.seconds)
        case .longest: .number(window.longest?.seconds)
        case .shortest: .number(window.shortest?.seconds)
        case .knownTime: .number(window.known.seconds)
        case .percentiles: .numbers(window.percentiles)
        case .states: .states(window.states.map { ($0.text, $0.time.seconds) })
        case .others: .others(window.others.map { .init(seconds: $0.time.seconds, number: Double($0.count)) })
        }
    }
}

extension KeySpan {
    init(_ span: Span) { self.init(start: span.start, length: span.length, unwatched: span.unwatched) }
}

extension Outlier {
    init(_ outlier: CounterOutlier) {
        self.init()
        (time, value, before) = (outlier.time, outlier.value, outlier.before)
        (kind, increase) = (outlier.kind.rawValue, outlier.increase)
    }
}
