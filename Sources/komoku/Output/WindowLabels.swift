internal import Komoku

/// What stands before each row of a table of windows.
enum WindowLabels {
    /// No longer than the step needs; where two neighbours would read alike, as when clocks go back, with the zone.
    static func texts(_ starts: [Timestamp], step: String?) -> [String] {
        let format = format(starts, step: step)
        let texts = starts.map { LocalTime.format($0, format) }
        guard zip(texts, texts.dropFirst()).contains(where: { $0 == $1 }) else { return texts }
        return starts.map { LocalTime.format($0, format + " %Z") }
    }

    private static func format(_ starts: [Timestamp], step: String?) -> String {
        // The first window is cut: it begins where the range does.
        let starts = starts.count > 1 ? Array(starts.dropFirst()) : starts
        switch step {
        case "year": return "%Y"
        case "month": return "%Y-%m"
        case "week", "day": return "%Y-%m-%d %a"
        default: break
        }
        let day: Int64 = 86_400_000_000
        if let length = step.flatMap({ try? Komoku.Duration(parsing: $0) }), length.microseconds % day == 0 {
            let clocks = Set(starts.map { LocalTime.clock($0) })
            if clocks == ["00:00:00"] { return "%Y-%m-%d %a" }
        }
        let seconds = starts.contains { $0.microseconds % 60_000_000 != 0 }
        return seconds ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M"
    }
}
