internal import Komoku

/// What `fetch` asks for: points of one key, or what can be made of them.
struct FetchQuery: Hashable, Sendable {
    enum Form: Hashable, Sendable {
        /// The newest points, ascending.
        case points(limit: Int)
        /// The newest points, newest first.
        case newest(count: Int)
        /// The newest put.
        case last
        /// The newest point that differs from the newest put.
        case previous
        /// Means or shares of steps of this length.
        case steps(Duration, limit: Int)
        /// When a boolean had this value, as starts and lengths.
        case timespans(of: Bool)
    }

    /// Nil is a name that no key can have.
    var key: KeyName?
    var form: Form
    /// Both bounds are exclusive.
    var since: Timestamp?
    var until: Timestamp?

    /// The most points in one answer, and the number where only a start is given.
    static let maximumPoints = 10_000

    /// - Throws: `Refusal.invalidQuery`.
    init(_ body: JSON) throws(Refusal) {
        guard let text = body["key"]?.string else { throw .invalidQuery }
        key = KeyName(text)
        let options = try Self.options(of: body)
        since = try options.moment("since")
        until = try options.moment("until")
        form = try Self.form(options, isBounded: since != nil)
    }

    /// Options stand beside the key or in `opts`, which wins.
    private static func options(of body: JSON) throws(Refusal) -> JSON {
        guard let nested = body["opts"], !nested.isNull else { return body }
        guard let nested = nested.object else { throw .invalidQuery }
        return .object((body.object ?? []) + nested)
    }

    private static func form(_ options: JSON, isBounded: Bool) throws(Refusal) -> Form {
        // Each option is read, so that a wrong one is refused wherever it stands.
        let single = try options.text("single")
        let form = try options.text("as")
        let newest = try options.count("last", in: 1...Int.max)
        let step = try options.text("step").map { text throws(Refusal) in
            guard let step = WireStep(text) else { throw .invalidQuery }
            return step.duration
        }
        let limit = try options.count("limit", in: 1...maximumPoints)
        switch (single, form) {
        case ("last"?, nil): return .last
        case ("previous"?, nil): return .previous
        case (nil, "timespans"?): return .timespans(of: try options.state())
        case (nil, nil): break
        default: throw .invalidQuery
        }
        if let newest { return .newest(count: min(newest, maximumPoints)) }
        let points = limit ?? (isBounded || step != nil ? maximumPoints : 100)
        return step.map { .steps($0, limit: points) } ?? .points(limit: points)
    }
}

extension JSON {
    /// The state whose spans are asked for: true unless said otherwise.
    fileprivate func state() throws(Refusal) -> Bool {
        guard let value = self["value"], !value.isNull else { return true }
        guard let state = value.bool else { throw .invalidQuery }
        return state
    }
}
