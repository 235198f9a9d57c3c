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
        var members = head
        members.append(JSON.Member("step", step.map { .string($0) } ?? .null))
        return text(members + knowledge(report), "windows", report.windows) { window, _ in
            #"{"start":\#(DecimalNumber.text(window.start.seconds)),"end":\#(DecimalNumber.text(window.end.seconds))"#
        }
    }

    func profile(_ report: StatisticsReport, by period: Profile.By) -> [UInt8] {
        let members = head + [JSON.Member("by", .string(period.rawValue))] + knowledge(report)
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
    private func knowledge(_ report: StatisticsReport) -> [JSON.Member] {
        let unwatched = report.windows.reduce(0.0) { $0 + $1.unwatched.seconds }
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
            bytes.append(contentsOf: begin(item.element, item.offset).utf8)
            for field in fields {
                bytes.append(contentsOf: #","\#(field.rawValue)":"#.utf8)
                field.write(item.element, into: &bytes)
            }
            if item.element.unwatched > .zero {
                bytes.append(contentsOf: #","unwatched":\#(DecimalNumber.text(item.element.unwatched.seconds))"#.utf8)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
