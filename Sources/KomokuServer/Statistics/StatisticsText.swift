internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// The answers to `statistics` and `profile` as the wire has them.
struct StatisticsText: Sendable {
    let key: KeyInfo
    let fields: [StatisticsField]
    let range: Range<Timestamp>
    /// The zone whose calendar makes the windows; nil where none does.
    let zone: String?

    /// - Parameter step: as it was asked for.
    func statistics(_ report: StatisticsReport, step: String?) -> [UInt8] {
        let unwatched = Self.unwatched(in: report)
        let members = head(step) + knowledge(report, unwatched)
        return text(members, "windows", report.windows) { window, _ in bounds(window) }
    }

    private func bounds(_ window: WindowStatistics) -> String {
        #"{"start":\#(DecimalNumber.text(window.start.seconds)),"end":\#(DecimalNumber.text(window.end.seconds))"#
    }

    // MARK: In pieces

    /// The same up to the first window; what is known of all of them comes behind the last.
    func opening(step: String?) -> [UInt8] {
        JSON.object(head(step)).bytes.dropLast() + Array(#","windows":["#.utf8)
    }

    func write(_ windows: [WindowStatistics], isFirst: Bool, into bytes: inout [UInt8]) {
        for (index, window) in windows.enumerated() {
            if !isFirst || index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(window, beginning: bounds(window), into: &bytes)
        }
    }

    func ending(_ report: StatisticsReport, unwatched: Double) -> [UInt8] {
        Array("],".utf8) + JSON.object(knowledge(report, unwatched)).bytes.dropFirst()
    }

    // MARK: Parts

    private func head(_ step: String?) -> [JSON.Member] {
        head + [JSON.Member("step", step.map { .string($0) } ?? .null)]
    }

    private static func unwatched(in report: StatisticsReport) -> Double {
        report.windows.reduce(0.0) { $0 + $1.unwatched.seconds }
    }

    func profile(_ report: StatisticsReport, by period: Profile.By) -> [UInt8] {
        let by = JSON.Member("by", .string(period.rawValue))
        let members = head + [by] + knowledge(report, Self.unwatched(in: report))
        return text(members, "buckets", report.windows) { _, index in
            // Days of the week count from 1, Monday.
            #"{"\#(period.rawValue)":\#(period == .weekday ? index + 1 : index)"#
        }
    }

    private var head: [JSON.Member] {
        [
            JSON.Member("key", .string(key.name.text)), JSON.Member("type", .string(key.type.rawValue)),
            JSON.Member("unit", key.options.unit.map { .string($0) } ?? .null),
            JSON.Member("since", .number(range.lowerBound.seconds)),
            JSON.Member("until", .number(range.upperBound.seconds)),
            JSON.Member("zone", zone.map { .string($0) } ?? .null),
        ]
    }

    /// How well the answer could be known.
    private func knowledge(_ report: StatisticsReport, _ unwatched: Double) -> [JSON.Member] {
        // Only where there was any.
        return (unwatched > 0 ? [JSON.Member("unwatched", .number(unwatched))] : []) + [
            JSON.Member("raw_since", report.rawSince.map { .number($0.seconds) } ?? .null),
            JSON.Member("tiers_since", report.tiersSince.map { .number($0.seconds) } ?? .null),
            JSON.Member("resolution", report.resolution.map { .number($0.seconds) } ?? .null),
        ] + (report.percentileError.map { [JSON.Member("percentile_error", .number($0))] } ?? [])
    }

    private func text(
        _ members: [JSON.Member], _ name: String, _ windows: [WindowStatistics],
        begin: (WindowStatistics, Int) -> String
    ) -> [UInt8] {
        var bytes = Array(JSON.object(members).bytes.dropLast())
        bytes.append(contentsOf: #","\#(name)":"#.utf8)
        JSON.writeList(windows.enumerated(), into: &bytes) { item, bytes in
            write(item.element, beginning: begin(item.element, item.offset), into: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private func write(_ window: WindowStatistics, beginning: String, into bytes: inout [UInt8]) {
        bytes.append(contentsOf: beginning.utf8)
        for field in fields {
            bytes.append(contentsOf: #","\#(field.rawValue)":"#.utf8)
            field.write(window, into: &bytes)
        }
        if window.unwatched > .zero {
            bytes.append(contentsOf: #","unwatched":\#(DecimalNumber.text(window.unwatched.seconds))"#.utf8)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
