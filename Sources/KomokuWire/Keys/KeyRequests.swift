package import Komoku

/// A command that is about one key: `{"key":K}`.
package struct KeyRequest: Shape, Hashable {
    package var key = KeyName.blank

    package init() {}
    package init(_ key: KeyName) { self.key = key }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
    }
}

/// `get` and `last`, which answer null for a name that no key can have.
package struct ValueRequest: Shape, Hashable {
    package var key = ""

    package init() {}
    package init(_ key: String) { self.key = key }

    /// Nil for a name that no key can have.
    package var name: KeyName? { KeyName(key) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
    }
}

/// `put`: `{"key":K,"value":V,"time":T}`; of the second protocol `wait` and `dry_run` too.
package struct PutRequest: Shape, Hashable {
    package var key = KeyName.blank
    /// Null too: whether it is a value is another matter.
    package var value = JSON.null
    /// Nil is now.
    package var time: Timestamp?
    /// Whether the answer to a command waits until the device has reported.
    package var waits = true
    /// What would be sent to a device is told, and nothing is sent.
    package var isDryRun = false

    package init() {}

    package init(
        _ key: KeyName, _ value: JSON, at time: Timestamp? = nil, waits: Bool = true, isDryRun: Bool = false
    ) {
        (self.key, self.value, self.time, self.waits, self.isDryRun) = (key, value, time, waits, isDryRun)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        var name = key.text
        try visit.required("key", &name)
        try visit.given("value", &value)
        try visit.optional("time", &time)
        key = try visit.named(name)
        try visit.unless(true, "wait", &waits)
        try visit.unless(false, "dry_run", &isDryRun)
    }
}

/// `increment` and `decrement`: `{"key":K,"step":S,"time":T}`.
package struct IncrementRequest: Shape, Hashable {
    package var key = KeyName.blank
    package var step = 1.0
    package var time: Timestamp?

    package init() {}

    package init(_ key: KeyName, by step: Double = 1, at time: Timestamp? = nil) {
        (self.key, self.step, self.time) = (key, step, time)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        var name = key.text
        try visit.required("key", &name)
        try visit.optional("time", &time)
        // A null is no absent step: whoever sends it meant to count something.
        var given: JSON? = step == 1 ? nil : .number(step)
        try visit.present("step", &given)
        key = try visit.named(name)
        guard let given else { return }
        guard case .number(let number) = given else { return try visit.refuse(.invalidValue) }
        step = number
    }

    /// `decrement`.
    var reversed: IncrementRequest { IncrementRequest(key, by: -step, at: time) }
}

/// `sub` and `unsub`: one key, or in the second protocol all keys that match a pattern.
package struct SubscriptionRequest: Shape, Hashable {
    package enum Target: Hashable, Sendable {
        case key(KeyName)
        case pattern(KeyPattern)
    }

    package var target = Target.key(.blank)
    /// Each put is told, not only changes.
    package var every = false
    /// The last values are told first.
    package var initial = false
    /// Each push tells its place, so that the client can go on from there.
    package var numbered = false
    /// The newest place that the client has seen: what it missed is told first.
    package var after: String?
    /// Of `unsub`, which has no options.
    package var isEnd = false

    package init() {}

    /// Reads an `unsub`.
    init(end body: JSON) throws(Refusal) {
        self.init()
        isEnd = true
        try read(body)
    }

    package init(
        _ target: Target, every: Bool = false, initial: Bool = false, numbered: Bool = false, after: String? = nil
    ) {
        (self.target, self.every, self.initial) = (target, every, initial)
        (self.numbered, self.after) = (numbered, after)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        var (key, pattern): (KeyName?, KeyPattern?) =
            switch target {
            case .key(let name): (name, nil)
            case .pattern(let pattern): (nil, pattern)
            }
        if visit.isReading { key = nil }
        try visit.optional("key", &key)
        try visit.optional("pattern", &pattern)
        if !isEnd {
            try visit.unless(false, "every", &every)
            try visit.unless(false, "init", &initial)
            try visit.unless(false, "seq", &numbered)
            try visit.optional("after", &after)
        }
        switch (key, pattern) {
        case (let name?, nil): target = .key(name)
        case (nil, let pattern?): target = .pattern(pattern)
        default: try visit.refuse(.invalidQuery("either 'key' or 'pattern' says what is subscribed to"))
        }
    }
}

/// What a numbered `sub` is answered with.
package struct SubscriptionAnswer: Shape, Hashable {
    /// All up to there need not be told again; nil where last values follow, which say so themselves.
    package var sequence: String?
    /// What happened since `after` is not known.
    package var isGap = false

    package init() {}

    package init(sequence: String?, isGap: Bool) { (self.sequence, self.isGap) = (sequence, isGap) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.nullable("seq", &sequence)
        try visit.unless(false, "gap", &isGap)
    }
}

/// `keys`: which, and what is told of them.
package struct KeysRequest: Shape, Hashable {
    package var pattern = KeyPattern.all
    /// Only names behind this one.
    package var after: KeyName?
    package var limit: Int?
    package var includesValue = false
    package var includesTime = false

    package init() {}

    package init(_ pattern: KeyPattern = .all, value: Bool = false, time: Bool = false) {
        (self.pattern, includesValue, includesTime) = (pattern, value, time)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.unless(.all, "match", &pattern)
        try visit.optional("after", &after)
        try visit.count("limit", &limit, in: 1...Int(Int32.max))
        var words: [JSON]? = included
        try visit.optional("include", &words)
        includesValue = words?.contains { $0 == "value" || $0 == "last" } ?? false
        includesTime = words?.contains { $0 == "time" || $0 == "last" } ?? false
    }

    private var included: [JSON]? {
        let words: [JSON] = (includesValue ? ["value"] : []) + (includesTime ? ["time"] : [])
        return words.isEmpty ? nil : words
    }

    /// As the first protocol has it: of all keys, without times.
    init(old body: JSON) throws(Refusal) {
        let words = (body.object ?? []).filter { $0.name == "include" }
        guard body.object != nil else { throw .invalidQuery }
        self.init(value: try KeysRequest(.object(words)).includesValue)
    }
}

/// `rename`: `{"key":K,"to":K}`.
package struct RenameRequest: Shape, Hashable {
    package var key = KeyName.blank
    package var name = KeyName.blank

    package init() {}
    package init(_ key: KeyName, to name: KeyName) { (self.key, self.name) = (key, name) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.required("to", &name)
    }
}

/// `merge`: `{"key":K,"into":K}`.
package struct MergeRequest: Shape, Hashable {
    package var key = KeyName.blank
    package var target = KeyName.blank

    package init() {}
    package init(_ key: KeyName, into target: KeyName) { (self.key, self.target) = (key, target) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.required("into", &target)
    }
}

/// `uses`: `{"key":K,"to":K}`, the latter where it is asked what to write for that name.
package struct UsesRequest: Shape, Hashable {
    package var key = KeyName.blank
    package var name: KeyName?

    package init() {}
    package init(_ key: KeyName, as name: KeyName? = nil) { (self.key, self.name) = (key, name) }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.optional("to", &name)
    }
}
