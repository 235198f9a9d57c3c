internal import Komoku
internal import KomokuWire

/// Makes the rows of what the store found.
struct EnergySums: Sendable {
    let question: EnergyQuestion
    let windows: [EnergyWindows]

    var report: EnergyReport {
        var report = EnergyReport()
        (report.currency, report.step, report.zone) = (question.currency, question.step, question.zone.name)
        report.meters = question.meters.map(\.told)
        let columns = question.meters.map { column(of: $0) }
        report.rows = question.bounds.indices.dropLast().map { row($0, columns) }
        if question.isUsualRange { report.rows.removeFirst(beginning(columns)) }
        return report
    }

    /// What a meter comes to in each row.
    private struct Cell {
        var amount: Double?
        var cost: Double?
        /// A part of the cost is not known.
        var isCostUnknown = false
        /// Seconds.
        var known = 0.0
        /// The meter has begun to count before the row ends.
        var hasBegun = false
    }

    private func column(of meter: EnergyQuestion.Meter) -> [Cell] {
        var cells = Array(repeating: Cell(), count: question.bounds.count - 1)
        guard let series = meter.series, let scale = meter.scale else { return cells }
        let found = windows[series]
        let prices = meter.priceSeries.map { windows[$0] }
        for index in cells.indices {
            cells[index].hasBegun = found.oldest.map { $0 < question.bounds[index + 1] } ?? false
        }
        var row = 0
        for (index, figure) in found.figures.enumerated() {
            let start = found.bounds[index]
            while row + 1 < cells.count, question.bounds[row + 1] <= start { row += 1 }
            cells[row].known += figure.known
            guard let amount = figure.amount.map({ $0 * scale.factor }) else { continue }
            cells[row].amount = (cells[row].amount ?? 0) + amount
            guard let price = meter.price, amount != 0 else { continue }
            if let unit = unitPrice(price, at: start, prices?.figures[index].amount) {
                cells[row].cost = (cells[row].cost ?? 0) + meter.sign * unit * amount
            } else {
                cells[row].isCostUnknown = true
            }
        }
        return cells
    }

    /// - Parameter mean: of the key of the price, in that window.
    private func unitPrice(_ price: EnergyPrice, at start: Timestamp, _ mean: Double?) -> Double? {
        switch price {
        case .fixed(let price): price
        case .hours(let hours): hours.price(at: question.home.local(start).secondOfDay / 60)
        case .key: mean
        }
    }

    private func row(_ index: Int, _ columns: [[Cell]]) -> EnergyRow {
        var row = EnergyRow()
        (row.since, row.until) = (question.bounds[index], question.bounds[index + 1])
        for (meter, cells) in zip(question.meters, columns) {
            let cell = cells[index]
            guard meter.series != nil, cell.hasBegun else { continue }
            let id = meter.told.id
            if let amount = cell.amount { row.values.entries.append((id, amount.rounded(places: 6))) }
            if meter.price != nil, cell.amount != nil {
                let cost = cell.isCostUnknown ? nil : (cell.cost ?? 0).rounded(places: 6)
                row.cost.entries.append((id, cost))
            }
            let missing = missing(of: meter, cell, row)
            if missing >= 1 { row.missing.entries.append((id, missing.rounded(places: 3))) }
        }
        balance(&row, index, columns)
        return row
    }

    /// Seconds, of those since the meter began.
    private func missing(of meter: EnergyQuestion.Meter, _ cell: Cell, _ row: EnergyRow) -> Double {
        guard let oldest = meter.series.flatMap({ windows[$0].oldest }) else { return 0 }
        let wanted = (min(row.until, question.now) - max(row.since, oldest)).seconds
        return max(0, wanted - cell.known)
    }

    /// What the house used, and what of it no device accounts for.
    private func balance(_ row: inout EnergyRow, _ index: Int, _ columns: [[Cell]]) {
        guard row.since < question.now else { return }
        var (sum, grid, devices): (Double?, Double?, Double?) = (nil, nil, nil)
        var isKnown = true
        for (meter, cells) in zip(question.meters, columns) {
            let cell = cells[index]
            guard meter.told.kind.isElectric, meter.series == nil || cell.hasBegun else { continue }
            guard let amount = cell.amount else {
                // Of a device that tells nothing the rest is larger, and it is said to be missing.
                if meter.told.kind != .device { isKnown = false }
                continue
            }
            if meter.told.kind == .device {
                devices = (devices ?? 0) + amount
            } else {
                sum = (sum ?? 0) + meter.told.kind.sign * amount
                if meter.told.kind == .gridIn { grid = (grid ?? 0) + amount }
            }
        }
        guard isKnown, let used = sum else { return }
        row.used = used.rounded(places: 6)
        row.unaccounted = devices.map { (used - $0).rounded(places: 6) }
        guard used > 0, question.meters.contains(where: { $0.told.kind.isOwn }) else { return }
        row.selfSufficiency = min(1, max(0, 1 - (grid ?? 0) / used)).rounded(places: 6)
    }

    /// Rows at the start in which no meter had begun.
    private func beginning(_ columns: [[Cell]]) -> Int {
        let rows = question.bounds.count - 1
        let first = (0..<rows).first { row in columns.contains { $0[row].hasBegun } }
        return min(first ?? rows, max(0, rows - 1))
    }
}

extension EnergyMeterKind {
    /// Whether it counts what the house uses or makes of electricity.
    fileprivate var isElectric: Bool {
        switch self {
        case .gridIn, .gridOut, .solar, .batteryIn, .batteryOut, .device: true
        case .water, .gas, .other: false
        }
    }

    /// Of its amount in what the house used.
    fileprivate var sign: Double {
        switch self {
        case .gridOut, .batteryIn: -1
        default: 1
        }
    }

    /// Whether it makes electricity here.
    fileprivate var isOwn: Bool { self == .solar || self == .batteryOut }
}

extension Double {
    /// Without the dust of binary fractions.
    fileprivate func rounded(places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (self * scale).rounded()
        return scaled.isFinite && Swift.abs(self) < 1e9 ? scaled / scale : self
    }
}
