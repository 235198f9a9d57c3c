internal import Komoku
internal import KomokuWire

/// What the meters counted, as two tables: a row for each step, and a row for each meter.
struct EnergyShown {
    private let report: EnergyReport

    init(_ report: EnergyReport) { self.report = report }

    /// - Returns: nil where a row has none of these meters.
    private func sum(_ kinds: Set<EnergyMeterKind>, in row: EnergyRow) -> Double? {
        report.meters.filter { kinds.contains($0.kind) }.compactMap { row.values[$0.id] }.reduce(nil) { ($0 ?? 0) + $1 }
    }

    private func cost(of row: EnergyRow) -> (sum: Double?, isWhole: Bool) {
        let known = row.cost.entries.compactMap(\.amount)
        return (known.isEmpty ? nil : known.reduce(0, +), known.count == row.cost.entries.count)
    }

    // MARK: By time

    /// No wider than the screen, or than 80 columns: large numbers lose their decimals.
    func rows(on screen: Screen) -> [String] {
        let width = screen.columns ?? 80
        for places in [2, 1] {
            let lines = table(places: places).lines(on: Screen(columns: nil, isUnicode: screen.isUnicode))
            if lines.allSatisfy({ $0.columns <= width }) { return lines }
        }
        return table(places: 0).lines(on: screen)
    }

    private func table(places: Int) -> TextTable {
        let rows = report.rows
        var table = TextTable()
        table.add("From", rows.map { label($0.since) }, isRight: false)
        add("Used", \.used, places, to: &table)
        for (title, kind) in Self.columns where report.meters.contains(where: { $0.kind == kind }) {
            table.add(
                title,
                rows.map { row in
                    let isPartial = report.meters.contains { $0.kind == kind && row.missing[$0.id] != nil }
                    return Self.figure(sum([kind], in: row), places, isPartial: isPartial)
                })
        }
        if rows.contains(where: { $0.unaccounted != nil }) { add("Other", \.unaccounted, places, to: &table) }
        if rows.contains(where: { $0.selfSufficiency != nil }) {
            table.add("Own", rows.map { $0.selfSufficiency.map { "\(Int(($0 * 100).rounded()))%" } ?? "-" })
        }
        if rows.contains(where: { !$0.cost.entries.isEmpty }) {
            table.add(
                report.currency ?? "Cost",
                rows.map { row in
                    let (sum, isWhole) = cost(of: row)
                    return sum.map { (isWhole ? "" : "~") + Self.fixed($0, places: places == 0 ? 0 : 2) } ?? "-"
                })
        }
        return table
    }

    private static let columns: [(String, EnergyMeterKind)] = [
        ("Grid", .gridIn), ("Fed in", .gridOut), ("Solar", .solar), ("Stored", .batteryIn), ("Drawn", .batteryOut),
    ]

    private func add(_ title: String, _ value: (EnergyRow) -> Double?, _ places: Int, to table: inout TextTable) {
        table.add(title, report.rows.map { Self.figure(value($0), places) })
    }

    /// As much of a time as the step needs.
    private func label(_ time: Timestamp) -> String {
        let text = LocalTime.zone.local(time).description
        return switch report.step {
        case .hour: String(text.prefix(16))
        case .day, .week: String(text.prefix(10))
        case .month: String(text.prefix(7))
        case .year: String(text.prefix(4))
        }
    }

    // MARK: By meter

    /// Each meter's sum, its cost, and of devices the share of what was used.
    func sums(on screen: Screen) -> [String] {
        let used = report.rows.compactMap(\.used).reduce(0, +)
        let meters = report.meters.filter { meter in report.rows.contains { $0.values[meter.id] != nil } }
        let amounts = meters.map { meter in report.rows.compactMap { $0.values[meter.id] }.reduce(0, +) }
        let costs = meters.map { meter in report.rows.compactMap { $0.cost[meter.id] } }
        var table = TextTable()
        table.add("Meter", meters.map(\.name), isRight: false)
        table.add("Amount", amounts.map { Self.figure($0, 2) })
        table.add("", meters.map(\.unit), isRight: false)
        table.add(
            "Share",
            zip(meters, amounts).map { meter, amount in
                meter.kind == .device && used > 0 ? "\(Int((amount / used * 100).rounded()))%" : ""
            })
        table.add(report.currency ?? "Cost", costs.map { $0.isEmpty ? "" : Self.money($0.reduce(0, +)) })
        guard !meters.isEmpty else { return [] }
        return table.lines(on: screen)
    }

    /// What is wrong with meters.
    var remarks: [String] {
        let faults = report.meters.compactMap { meter in meter.fault.map { "\(meter.name.printable): \($0.printable)" }
        }
        return report.meters.isEmpty ? ["no meters"] : faults
    }

    // MARK: Figures

    /// With so many decimals, zeros too, so that a column is aligned.
    private static func fixed(_ value: Double, places: Int) -> String {
        let text = DecimalNumber.text(DecimalNumber.round(value, decimals: places))
        let missing = places - Numbers.fraction(of: text)
        let dot = missing == places && places > 0 ? "." : ""
        return (text == "-0" ? "0" : text) + dot + String(repeating: "0", count: max(0, missing))
    }

    private static func figure(_ value: Double?, _ places: Int, isPartial: Bool = false) -> String {
        guard let value else { return "-" }
        return (isPartial ? "~" : "") + fixed(value, places: places)
    }

    private static func money(_ value: Double) -> String { fixed(value, places: 2) }
}
