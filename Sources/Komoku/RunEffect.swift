/// What a run of a rule did at one step, or tried to do.
///
/// Public, as whoever reads runs with the client reads these.
public struct RunEffect: Hashable, Sendable {
    /// Where in the rule: `2.then.1`. Empty in some that earlier versions kept.
    public var step: String
    /// The scripts that were called there, one from the other, each with the step in it.
    public var scripts: [Script]
    /// The word of the action: `put`. Empty in some that earlier versions kept.
    public var verb: String
    public var key: KeyName?
    /// What the key was told, by how much it was incremented, what was published. A long one is a text that ends in `…`.
    public var value: JSON?
    /// What is no key: a topic, URL, message, duration, program, condition.
    public var text: String?
    /// A value of the environment is in it: what it says is not told.
    public var isHidden: Bool
    /// What became of it, where there is more to say than that it was done.
    public var outcome: Outcome?
    /// Why it failed, one clause.
    public var reason: String?

    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        /// The device reported what it was told.
        case reported
        case failed
        /// It failed when the run had gone on.
        case failedLater = "failed_later"
    }

    public struct Script: Hashable, Sendable {
        public var name: String
        public var step: String

        public init(name: String, step: String) {
            self.name = name
            self.step = step
        }
    }

    public init(
        step: String = "", scripts: [Script] = [], verb: String, key: KeyName? = nil, value: JSON? = nil,
        text: String? = nil, isHidden: Bool = false, outcome: Outcome? = nil, reason: String? = nil
    ) {
        self.step = step
        self.scripts = scripts
        self.verb = verb
        self.key = key
        self.value = value
        self.text = text
        self.isHidden = isHidden
        self.outcome = outcome
        self.reason = reason
    }
}

// MARK: JSON

extension RunEffect {
    /// `{"step","scripts"?,"verb","key"?,"value"?,"text"?,"hidden"?,"outcome"?,"reason"?}`.
    public var json: JSON {
        var members: [JSON.Member] = []
        members.reserveCapacity(5)
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(JSON.Member(name, value)) }
        }
        if !step.isEmpty { add("step", .string(step)) }
        if !scripts.isEmpty {
            add("scripts", .array(scripts.map { ["name": .string($0.name), "step": .string($0.step)] }))
        }
        if !verb.isEmpty { add("verb", .string(verb)) }
        add("key", key.map { .string($0.text) })
        add("value", value)
        add("text", text.map { .string($0) })
        if isHidden { add("hidden", true) }
        add("outcome", outcome.map { .string($0.rawValue) })
        add("reason", reason.map { .string($0) })
        return .object(members)
    }

    /// - Parameter json: an object, or a text as earlier versions made it.
    /// - Returns: nil for anything else. Words that are not known, of a later version, are left out.
    public init?(_ json: JSON) {
        if let text = json.string {
            self.init(formerly: text)
            return
        }
        guard json.object != nil else { return nil }
        let scripts = json["scripts"]?.array ?? []
        self.init(
            step: json["step"]?.string ?? "", scripts: scripts.compactMap(Script.init),
            verb: json["verb"]?.string ?? "",
            key: json["key"]?.string.flatMap { KeyName($0) }, value: json["value"], text: json["text"]?.string,
            isHidden: json["hidden"] == true, outcome: json["outcome"]?.string.flatMap(Outcome.init(rawValue:)),
            reason: json["reason"]?.string)
    }

    /// The members `effects` and `omitted` of a run.
    ///
    /// - Returns: the effects, and how many more there were than are kept.
    public static func list(of run: JSON) -> (effects: [RunEffect], omitted: Int) {
        var items = run["effects"]?.array ?? []
        var omitted = run["omitted"]?.number.flatMap { Int(exactly: $0) } ?? 0
        if let more = items.last?.string.flatMap(formerlyOmitted) {
            items.removeLast()
            omitted = more
        }
        return (items.compactMap { RunEffect($0) }, max(0, omitted))
    }
}

extension RunEffect.Script {
    fileprivate init?(_ json: JSON) {
        guard let name = json["name"]?.string, let step = json["step"]?.string else { return nil }
        self.init(name: name, step: step)
    }
}
