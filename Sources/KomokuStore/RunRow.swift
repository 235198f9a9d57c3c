package import Komoku

/// A line of the why log as it is stored: what is asked for stands in columns, the rest in `data`.
package struct RunRow: Hashable, Sendable {
    /// Grows with each; the order of beginning. A row of the same id is replaced.
    package var id: Int64
    package var rule: String
    /// A short word: `done`, `failed`; each has its own retention.
    package var outcome: String
    package var time: Timestamp
    /// The keys that play a part in it.
    package var keys: [KeyName]
    package var data: JSON

    package init(id: Int64, rule: String, outcome: String, time: Timestamp, keys: [KeyName], data: JSON) {
        self.id = id
        self.rule = rule
        self.outcome = outcome
        self.time = time
        self.keys = keys
        self.data = data
    }
}

/// Which rows of the why log are asked for; everything that is given has to hold.
package struct RunQuery: Hashable, Sendable {
    package var rule: String?
    package var key: KeyName?
    package var outcomes: [String]?
    package var since: Timestamp?
    /// Only older ones than this, for paging.
    package var before: Int64?
    /// The newest so many.
    package var limit: Int

    package init(
        rule: String? = nil, key: KeyName? = nil, outcomes: [String]? = nil, since: Timestamp? = nil,
        before: Int64? = nil, limit: Int = 100
    ) {
        self.rule = rule
        self.key = key
        self.outcomes = outcomes
        self.since = since
        self.before = before
        self.limit = limit
    }
}

/// For how long and how many lines of an outcome are kept.
package struct RunRetention: Hashable, Sendable {
    package var time: Duration
    package var count: Int

    package init(time: Duration, count: Int) {
        self.time = time
        self.count = count
    }
}
