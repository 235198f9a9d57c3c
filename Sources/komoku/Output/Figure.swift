internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// The figures of statistics as people read them.
enum Figure {
    /// Columns of a text among figures.
    static let widestText = 60

    /// What stands before a figure.
    static func label(_ field: StatisticsField) -> String {
        switch field {
        case .count: "points"
        case .mean: "point mean"
        case .timeMean: "mean"
        case .delta: "change"
        case .edges: "changes"
        case .fraction: "true"
        case .trueTime: "true for"
        case .knownTime: "known for"
        case .others: "other texts"
        default: field.rawValue
        }
    }

    /// The figures that a key of this type is shown with, if nobody says which; energy only where the unit is one of power.
    static func block(for type: KeyType?, unit: String? = nil) -> [StatisticsField] {
        switch type {
        case .counter: [.increase, .rate, .resets, .glitches, .count, .first, .last, .knownTime]
        case .boolean, .uptime: [.fraction, .trueTime, .edges, .longest, .shortest, .last, .count, .knownTime]
        case .string: [.last, .edges, .states, .others, .count, .knownTime]
        case .numeric, nil:
            [.minimum, .timeMean, .maximum] + (EnergyUnit(power: unit) == nil ? [] : [.energy])
                + [.deviation, .first, .last, .delta, .count, .knownTime]
        }
    }

    /// The same in a table, where there is less room.
    static func row(for type: KeyType?) -> [StatisticsField] {
        switch type {
        case .counter: [.increase, .resets]
        case .boolean, .uptime: [.fraction, .trueTime, .edges]
        case .string: [.last, .edges, .states]
        case .numeric, nil: [.count, .minimum, .timeMean, .maximum]
        }
    }

    /// The figure that a bar shows.
    static func bar(for type: KeyType?) -> StatisticsField {
        switch type {
        case .counter: .increase
        case .boolean, .uptime: .fraction
        case .string: .edges
        case .numeric, nil: .timeMean
        }
    }

    /// One figure with its unit; nil where it is unknown.
    static func text(_ field: StatisticsField, _ figures: StatisticsFigures, unit: String?) -> String? {
        switch field {
        case .minimum, .maximum, .first, .last:
            return figures.value(field).map { Shown.value($0, unit: unit).fitting(widestText) }
        case .states:
            return states(figures, most: 1)
        case .percentiles:
            return figures.percentiles.map { $0.map(DecimalNumber.text) ?? "-" }.joined(separator: " ")
        default: break
        }
        guard let number = figures[field] else { return nil }
        switch field {
        case .count, .edges, .resets, .glitches: return Numbers.grouped(number)
        case .trueTime, .knownTime, .longest, .shortest: return Numbers.length(number)
        case .fraction: return Numbers.percent(number)
        case .rate: return rate(number, unit: unit)
        case .mean, .timeMean, .deviation:
            return text(number, unit: unit, decimals: decimals(of: [figures]))
        default: return text(number, unit: unit, decimals: nil)
        }
    }

    /// Time of texts that are not listed one by one.
    static func text(_ others: StatisticsFigures.Others) -> String {
        "\(Numbers.length(others.seconds)) in \(Numbers.grouped(others.number)) points"
    }

    /// Nil where the key is none of power, or nothing is known.
    static func energy(_ figures: StatisticsFigures, unit: String?) -> String? {
        guard let energy = figures[.energy], let unit = EnergyUnit(power: unit) else { return nil }
        return text(energy, unit: unit.name, decimals: nil)
    }

    /// A computed number with its unit.
    static func text(_ number: Double, unit: String?, decimals: Int?) -> String {
        [Numbers.computed(number, decimals: decimals), unit?.printable].compactMap(\.self).joined(separator: " ")
    }

    /// Decimals that a mean of such values deserves: one more than they have. Nil where no values are known.
    static func decimals(of rows: [StatisticsFigures]) -> Int? {
        let values = rows.flatMap { [$0[.minimum], $0[.maximum]] }.compactMap(\.self)
        return values.map { Numbers.fraction(of: DecimalNumber.text($0)) + 1 }.max()
    }

    /// Per hour where per second would be mostly zeros.
    private static func rate(_ perSecond: Double, unit: String?) -> String {
        let isSlow = perSecond.magnitude < 0.1
        let number = Numbers.computed(isSlow ? perSecond * 3600 : perSecond)
        return "\(number) \(unit?.printable ?? "")/\(isSlow ? "h" : "s")"
    }

    /// `armed 75.0 %`: the most frequent texts with their share of the known time.
    static func states(_ figures: StatisticsFigures, most: Int) -> String? {
        let states = figures.states
        let total = figures[.knownTime] ?? states.map(\.seconds).reduce(0, +)
        guard !states.isEmpty, total > 0 else { return nil }
        let parts = states.prefix(most).map { state in
            "\(state.text.printable.fitting(widestText)) \(Numbers.percent(state.seconds / total))"
        }
        return parts.joined(separator: ", ")
    }
}
