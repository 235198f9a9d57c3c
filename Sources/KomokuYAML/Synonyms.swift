import Komoku

/// What settings and their words are called by others.
enum Synonyms {
    private static let words: [(meant: String, others: [String])] = [
        ("numeric", ["number", "float", "double", "int", "integer", "decimal", "real", "num"]),
        ("boolean", ["bool", "binary", "flag", "switch", "onoff"]), ("string", ["text", "str", "varchar"]),
        ("counter", ["total", "total_increasing", "meter"]),
        ("username", ["user", "login", "user_name"]), ("password", ["pass", "passwd", "pwd", "secret"]),
        ("url", ["host", "broker", "server", "address", "uri", "hostname"]),
        ("timezone", ["tz", "time_zone", "zone"]), ("location", ["coordinates", "position", "place", "home"]),
        ("latitude", ["lat"]), ("longitude", ["lon", "lng", "long"]),
        ("unit", ["unit_of_measurement", "units"]), ("max_time", ["expire_after", "timeout", "ttl"]),
        ("expect_every", ["expire_after", "heartbeat", "interval"]), ("type", ["kind", "datatype", "data_type"]),
        ("topic", ["state_topic", "path"]), ("key", ["name", "id", "entity_id"]), ("path", ["file", "database", "db"]),
    ]

    /// The word that is spelt like another one, else the one that is meant by it.
    static func suggestion(for text: String, in names: [String]) -> String? {
        Suggestion.question(for: text, in: names) ?? question(for: text, in: names)
    }

    /// "did you mean 'numeric'?", where one of some names is meant.
    static func question(for text: String, in names: [String]) -> String? {
        let lower = text.lowercased()
        for (meant, others) in words where others.contains(lower) && names.contains(meant) {
            return "did you mean '\(meant)'?"
        }
        return nil
    }
}
