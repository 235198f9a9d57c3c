internal import Komoku

/// What `import --dry-run` shows.
struct PlanShown {
    let targets: [TableImport.Target]
    let refused: Int
    let uncertain: Int
    let leftOut: [String]

    var lines: [String] {
        var table = TextTable()
        table.add("SERIES", targets.map(\.series.name), isRight: false)
        table.add("KEY", targets.map { $0.key.text + ($0.isNew ? " (new)" : "") }, isRight: false)
        table.add("TYPE", targets.map { $0.type?.rawValue ?? "?" }, isRight: false)
        table.add("POINTS", targets.map { Numbers.grouped($0.series.readings) })
        table.add("GAPS", targets.map { $0.series.gaps > 0 ? Numbers.grouped($0.series.gaps) : "" })
        table.add("FROM", targets.map { LocalTime.text($0.series.earliest) }, isRight: false)
        table.add("TO", targets.map { LocalTime.text($0.series.latest) }, isRight: false)
        return table.lines(on: Screen(columns: nil, isUnicode: true))
    }

    var summary: String {
        let points = targets.reduce(0) { $0 + $1.series.readings }
        let count = "\(Numbers.counted(points, "point")) of \(Numbers.counted(targets.count, "key"))"
        let rest = refused == 0 ? "" : ", \(Numbers.counted(refused, "line")) refused"
        let doubt = uncertain == 0 ? "" : ", \(Numbers.counted(uncertain, "point")) of an hour that comes twice"
        let left = leftOut.isEmpty ? "" : ", \(leftOut.count) series left out"
        return "would store \(count)\(rest)\(doubt)\(left); nothing was stored"
    }

    var json: JSON {
        let series = targets.map { target -> JSON in
            [
                "series": .string(target.series.name), "key": .string(target.key.text),
                "type": target.type.map { .string($0.rawValue) } ?? .null, "new": .bool(target.isNew),
                "points": .number(Double(target.series.readings)), "gaps": .number(Double(target.series.gaps)),
                "from": .number(target.series.earliest.seconds), "to": .number(target.series.latest.seconds),
            ]
        }
        return [
            "dry_run": true, "series": .array(series), "refused": .number(Double(refused)),
            "uncertain": .number(Double(uncertain)), "unnamed": .array(leftOut.map { .string($0) }),
        ]
    }
}
