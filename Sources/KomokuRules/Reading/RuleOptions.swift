import Komoku
import KomokuYAML

/// How a rule runs, and how often.
struct RuleOptions {
    var mode = Rule.Mode.single
    var limit: Rule.RateLimit?
    var onRestart = Rule.OnRestart.resume
    var maxOutage: Duration?

    /// Runs that wait or go beside each other, where the rule gives no number.
    static let defaultMaximum = 10

    init(reading settings: SettingsReader) {
        if let mode = settings.setting("mode") { self.mode = Self.mode(mode) ?? .single }
        limit = settings.given("limit", .rateLimit)
        onRestart = settings.given("on_restart", SettingType<Rule.OnRestart>.word) ?? .resume
        maxOutage = settings.given("max_outage", .span)
    }

    private static func mode(_ setting: Setting) -> Rule.Mode? {
        guard setting.node.entries != nil else {
            // What the other words are is made up only for those who need to be told.
            if setting.node.text == "single" { return .single }
            if setting.node.text == "restart" { return .restart }
            return setting.value(
                .word([
                    "single": .single, "restart": .restart, "queued": .queued(max: defaultMaximum),
                    "parallel": .parallel(max: defaultMaximum),
                ]))
        }
        return setting.value(
            SettingType.mapping { settings -> Rule.Mode? in
                guard let (word, setting) = settings.exactlyOne(of: "queued", "parallel"),
                    let count = setting.value(.integer(in: 1...1000))
                else { return nil }
                return word == "queued" ? .queued(max: count) : .parallel(max: count)
            })
    }
}

extension SettingType where Value == Rule.RateLimit {
    /// `20/m`, `5/10m`.
    static var rateLimit: SettingType {
        .text("a count in a time such as 20/m or 5/10m") { text throws(Setting.Invalid) in
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, let count = Int(parts[0]) else {
                throw Setting.Invalid("write 20/s, 20/m, 20/h or 20/d")
            }
            guard (1...1_000_000).contains(count) else { throw Setting.Invalid("the count is 1 to 1000000") }
            let unit = parts[1].first?.isNumber ?? false ? String(parts[1]) : "1\(parts[1])"
            guard let period = try? Duration(parsing: unit), period > .zero else {
                throw Setting.Invalid("'\(parts[1].prefix(20))' is no time; write s, m, h or d")
            }
            return Rule.RateLimit(count: count, period: period)
        }
    }
}
