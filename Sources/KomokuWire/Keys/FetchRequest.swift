public import Komoku

/// `fetch`: points of one key, or what can be made of them.
package struct FetchRequest: Shape, Hashable {
    package enum Form: Hashable, Sendable {
        /// The newest points, ascending.
        case points(limit: Int)
        /// The newest points, newest first.
        case newest(count: Int)
        /// The newest put.
        case last
        /// The newest point that differs from the newest put.
        case previous
        /// Means or shares of steps of this length.
        case steps(WireStep, limit: Int)
        /// When a boolean had this value, as starts and lengths.
        case timespans(of: Bool)
    }

    package var key = ""
    package var form = Form.points(limit: 100)
    /// Both bounds are exclusive.
    package var since: Timestamp?
    package var until: Timestamp?

    /// The most points in one answer, and the number where only a start is given.
    package static let maximumPoints = 10_000

    package init() {}

    package init(_ key: String, _ form: Form, since: Timestamp? = nil, until: Timestamp? = nil) {
        (self.key, self.form, self.since, self.until) = (key, form, since, until)
    }

    /// Nil for a name that no key can have.
    package var name: KeyName? { KeyName(key) }

    /// Reads the options beside the key, or in `opts`, which wins.
    package init(wire body: JSON) throws(Refusal) {
        guard let nested = body["opts"], !nested.isNull else {
            try self.init(body)
            return
        }
        guard let nested = nested.object, let key = body["key"] else { throw .invalidQuery }
        try self.init(.object((body.object ?? []) + nested + [JSON.Member("key", key)]))
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.moment("since", &since)
        try visit.moment("until", &until)
        var options = Options(form)
        if visit.isReading { options = Options() }
        // Each option is read, so that a wrong one is refused wherever it stands.
        try visit.optional("single", &options.single)
        try visit.optional("as", &options.form)
        try visit.count("last", &options.last, in: 1...Int.max)
        try visit.optional("step", &options.step)
        try visit.count("limit", &options.limit, in: 1...Self.maximumPoints)
        if options.form != nil { try visit.optional("value", &options.value) }
        guard let form = options.form(isBounded: since != nil) else { return try visit.refuse(.invalidQuery) }
        self.form = form
    }

    /// As the members have them.
    private struct Options {
        var single: String?
        var form: String?
        var last: Int?
        var step: WireStep?
        var limit: Int?
        var value: Bool?

        init() {}

        init(_ form: Form) {
            switch form {
            case .points(let limit): self.limit = limit
            case .newest(let count): last = count
            case .last: single = "last"
            case .previous: single = "previous"
            case .steps(let step, let limit): (self.step, self.limit) = (step, limit)
            case .timespans(let value): (self.form, self.value) = ("timespans", value)
            }
        }

        /// Nil where they do not go together.
        func form(isBounded: Bool) -> Form? {
            switch (single, form) {
            case ("last"?, nil): return .last
            case ("previous"?, nil): return .previous
            case (nil, "timespans"?): return .timespans(of: value ?? true)
            case (nil, nil): break
            default: return nil
            }
            if let last { return .newest(count: min(last, maximumPoints)) }
            let points = limit ?? (isBounded || step != nil ? maximumPoints : 100)
            return step.map { .steps($0, limit: points) } ?? .points(limit: points)
        }
    }
}

extension WireStep: WireValue {
    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let step = json.string.flatMap({ WireStep($0) }) else {
            throw .invalidQuery("'\(name)' is a count and a unit, such as 5M")
        }
        self = step
    }

    /// In seconds, whatever unit it was written with.
    public var wire: JSON { .string("\(duration.microseconds / 1_000_000)S") }
}
