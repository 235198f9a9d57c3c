internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// An answer of statistics as text.
struct StatisticsShown {
    var answer: KeyStatistics
    /// Nil is what fits the type.
    var fields: [StatisticsField]?
    var percentiles: [Double] = []

    /// One block of figures, each on a line of its own.
    func block() -> [String] {
        let about = [answer.type?.rawValue, answer.unit?.printable].compactMap(\.self).joined(separator: ", ")
        var lines = ["\(answer.key.printable)  \(Terminal.dim(about))"]
        guard let window = answer.windows.first else { return lines + ["nothing is known of this time"] }
        let length = Numbers.length((window.end - window.start).seconds)
        lines.append(
            "\(LocalTime.text(window.start)) to \(LocalTime.text(window.end)), \(length), \(LocalTime.zoneName)")
        let rows = rows(of: window.figures)
        if rows.isEmpty || window.figures[.count] == 0 && (window.figures[.knownTime] ?? 0) == 0 {
            return lines + ["nothing is known of this time"]
        }
        return lines + Table.lines(rows)
    }

    private func rows(of figures: StatisticsFigures) -> [[String]] {
        var rows: [[String]] = []
        for field in fields ?? Figure.block(for: answer.type, unit: answer.unit) {
            if field == .states {
                rows += stateRows(of: figures)
            } else if field == .others {
                if let others = figures.others { rows.append([Figure.label(field), Figure.text(others)]) }
            } else if field == .energy {
                if let energy = Figure.energy(figures, unit: answer.unit) { rows.append([field.rawValue, energy]) }
            } else if field != .percentiles, let text = Figure.text(field, figures, unit: answer.unit) {
                rows.append([Figure.label(field), text + remark(on: field, figures)])
            }
        }
        for (percent, number) in zip(percentiles, figures.percentiles) {
            let decimals = Figure.decimals(of: [figures])
            let value = number.map { Figure.text($0, unit: answer.unit, decimals: decimals) } ?? "-"
            rows.append([percent == 50 ? "median" : "\(DecimalNumber.text(percent)) % below", value])
        }
        return rows
    }

    private func stateRows(of figures: StatisticsFigures) -> [[String]] {
        let total = figures[.knownTime] ?? 0
        return figures.states.map { state in
            let share = total > 0 ? "  \(Numbers.percent(state.seconds / total))" : ""
            return ["  " + state.text.printable.fitting(Figure.widestText), Numbers.length(state.seconds) + share]
        }
    }

    private func remark(on field: StatisticsField, _ figures: StatisticsFigures) -> String {
        switch field {
        case .timeMean: return "  weighted by time"
        case .knownTime:
            guard let window = answer.windows.first, let known = figures[.knownTime] else { return "" }
            let length = (window.end - window.start).seconds
            let share = length > 0 ? "  \(Numbers.percent(known / length)) of the time" : ""
            return share + (figures.unwatched > 0 ? ", \(Numbers.length(figures.unwatched)) not watched" : "")
        default: return ""
        }
    }

    /// A row for each window from the first to the last of which something is known.
    func table(on screen: Screen) -> [String] {
        let windows = known(answer.windows)
        guard !windows.isEmpty else { return ["nothing is known of this time"] }
        var table = TextTable()
        let labels = WindowLabels.texts(windows.map(\.start), step: answer.step)
        table.add(LocalTime.heading("time"), labels, isRight: false)
        table.add(windows.map(\.figures), fields ?? Figure.row(for: answer.type), percentiles)
        table.addBars(windows.map(\.figures), Figure.bar(for: answer.type))
        return table.lines(on: screen)
    }

    private func known(_ windows: [StatisticsWindow]) -> [StatisticsWindow] {
        func isKnown(_ window: StatisticsWindow) -> Bool {
            let figures = window.figures
            return figures[.count] ?? 0 > 0 || figures[.knownTime] ?? 0 > 0
        }
        guard let first = windows.firstIndex(where: isKnown), let last = windows.lastIndex(where: isKnown) else {
            return []
        }
        return Array(windows[first...last])
    }

    /// What a reader has to know of the figures, as sentences.
    var remarks: [String] {
        var remarks: [String] = []
        let needsPoints = !percentiles.isEmpty || fields?.contains { $0 == .longest || $0 == .shortest } == true
        if needsPoints, let since = answer.rawSince, let start = answer.windows.first?.start, since > start {
            remarks.append(
                "single points are kept since \(LocalTime.text(since)): percentiles and spans reach no further back")
        }
        if !percentiles.isEmpty, let error = answer.percentileError {
            remarks.append("percentiles may be off by \(Numbers.percent(error)): there are too many points to sort")
        }
        let unwatched = answer.windows.reduce(0) { $0 + $1.figures.unwatched }
        if answer.windows.count > 1, unwatched > 0 {
            remarks.append("for \(Numbers.length(unwatched)) nobody watched: that time is left out")
        }
        if let resolution = answer.resolution {
            remarks.append("the oldest figures come from buckets of \(resolution), not from single points")
        }
        return remarks
    }

    /// RFC 4180, with a header; times as ISO 8601, figures as they are.
    func csv() -> [String] {
        let type = answer.type
        let fields = fields ?? Figure.block(for: type, unit: answer.unit)
        let titles = ["start", "end"] + fields.filter { $0 != .percentiles }.map(\.rawValue)
        let lines = answer.windows.map { window in
            let cells = fields.filter { $0 != .percentiles }.map { field in
                window.figures.value(field).map(CSV.field) ?? ""
            }
            let marks = percentiles.indices.map { index in
                let numbers = window.figures.percentiles
                return index < numbers.count ? numbers[index].map(DecimalNumber.text) ?? "" : ""
            }
            return ([LocalTime.iso(window.start), LocalTime.iso(window.end)] + cells + marks).joined(separator: ",")
        }
        return [(titles + percentiles.map { "p" + DecimalNumber.text($0) }).joined(separator: ",")] + lines
    }
}

extension TextTable {
    /// A column for each field that has figures.
    mutating func add(_ rows: [StatisticsFigures], _ fields: [StatisticsField], _ percentiles: [Double]) {
        for field in fields where field != .percentiles {
            switch field {
            case .mean, .timeMean, .deviation:
                let numbers = Numbers.column(rows.map { $0[field] }, decimals: Figure.decimals(of: rows))
                add(Figure.label(field), numbers)
            case .minimum, .maximum, .sum, .energy, .delta, .increase, .rate:
                add(field == .rate ? "rate/s" : Figure.label(field), Numbers.column(rows.map { $0[field] }))
            case .others:
                add(Figure.label(field), rows.map { $0.others.map(Figure.text) ?? "" })
            case .fraction:
                add("true %", rows.map { $0[field].map(Numbers.percentNumber) ?? "" })
            case .states:
                add("mostly", rows.map { Figure.states($0, most: 1) ?? "" }, isRight: false)
            case .first, .last:
                let isText = rows.contains { $0.value(field)?.string != nil }
                add(Figure.label(field), rows.map { Figure.text(field, $0, unit: nil) ?? "" }, isRight: !isText)
            default:
                add(Figure.label(field), rows.map { Figure.text(field, $0, unit: nil) ?? "" })
            }
        }
        for (index, percent) in percentiles.enumerated() {
            let numbers = rows.map { index < $0.percentiles.count ? $0.percentiles[index] : nil }
            add(DecimalNumber.text(percent) + " %", Numbers.column(numbers, decimals: Figure.decimals(of: rows)))
        }
    }

    mutating func addBars(_ rows: [StatisticsFigures], _ field: StatisticsField) {
        let numbers = rows.map { $0[field] }
        let scale =
            switch field {
            case .fraction: BarScale(low: 0, high: 1)
            case .timeMean: BarScale(numbers)
            default: BarScale(low: 0, high: numbers.compactMap(\.self).max() ?? 0)
            }
        bars = numbers.map { $0.map(scale.share) }
    }
}
