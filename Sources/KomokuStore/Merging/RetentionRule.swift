package import Komoku

extension Store {
    /// How long points and buckets of some keys are kept. Nil says nothing; `Duration(microseconds: .max)` is for ever.
    package struct RetentionRule: Hashable, Sendable {
        package var keys: [KeyPattern]
        package var raw: Duration?
        package var fiveMinutes: Duration?
        package var hour: Duration?

        package init(keys: [KeyPattern], raw: Duration? = nil, fiveMinutes: Duration? = nil, hour: Duration? = nil) {
            self.keys = keys
            self.raw = raw
            self.fiveMinutes = fiveMinutes
            self.hour = hour
        }
    }

    /// How much of a string key that is a log is kept.
    package struct LogKeeping: Hashable, Sendable {
        /// The newest so many points.
        package var count: Int?
        package var age: Duration?

        package init(count: Int? = nil, age: Duration? = nil) {
            self.count = count
            self.age = age
        }
    }
}

/// How long one key's history is kept, by tier.
struct Keeping: Hashable {
    private var ages: [Tier: Duration] = [:]
    /// Points of raw, the newest ones.
    var count: Int?

    /// Of the rules that match the name the most specific one counts, tier by tier.
    init(of name: KeyName, by rules: [Store.RetentionRule]) {
        var found: [(pattern: KeyPattern, rule: Store.RetentionRule)] = []
        for rule in rules {
            for pattern in rule.keys where pattern.matches(name) { found.append((pattern, rule)) }
        }
        for (_, rule) in found.sorted(by: { $0.pattern < $1.pattern }) {
            for (tier, age) in [(Tier.raw, rule.raw), (.fiveMinutes, rule.fiveMinutes), (.hour, rule.hour)] {
                if let age { ages[tier] = age }
            }
        }
    }

    init(_ log: Store.LogKeeping) {
        ages[.raw] = log.age
        count = log.count
    }

    /// Nil is for ever.
    subscript(tier: Tier) -> Duration? { ages[tier].flatMap { $0.microseconds == .max ? nil : $0 } }

    var isForEver: Bool { count == nil && ages.values.allSatisfy { $0.microseconds == .max } }
}
