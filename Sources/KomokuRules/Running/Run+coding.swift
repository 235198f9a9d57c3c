package import Komoku

/// The state of a run as its cell keeps it. Members that are as in a fresh run are left out.
///
/// | member | holds |
/// | --- | --- |
/// | `v` | 1, the version |
/// | `i`, `t` | id; start in microseconds |
/// | `o` | occasion: `w` word, `t` time where it is not the start, `k` key, `x` value, `p` previous, `a` arguments, `d` depth, `r` parent, `s` source |
/// | `f` | frames from the rule to the script that runs: `p` position, `h` hash of the script, `n` attempt, `l` locals, `o` loops, `d` deadline of the call in microseconds |
/// | `o` of a frame | loops from the outermost: `p` position, `r` round, `n` limit, `b` the number from which on keys are too new, `x` the item |
/// | `s` | what it stands at, as `Standing` writes it; right behind `v` where it waits for that alone |
/// | `e`, `m`, `k` | effects; how many more were left out; the keys that were changed, where the effects do not name just them |
/// | an item of `e` | `[step, verb, key, value, text, outcome, reason, hidden, scripts]`, null for what is not there, as short as it can be; a text where an earlier version wrote it |
/// | `z` | ended: `o` outcome, `r` reason, `s` step |
/// | `b`, `c` | `parallel`, see `Branching` |
extension Run {
    /// All of its state but the programs, `due` and answers of the history.
    package var coded: JSON {
        var fields = CodedFields()
        fields.set("v", .number(1))
        // Whoever has 100,000 of them sees there, without reading on, that it waits for a time and nothing else.
        if callDue == nil, standing != .ready { fields.set("s", .string(standing.rawValue)) }
        fields.set("i", JSON(exactly: id))
        fields.set("t", JSON(exactly: started.microseconds))
        fields.set("o", occasion.coded(started: started))
        let frames = callers + [frame]
        if frames.count > 1 || !frame.isFresh { fields.set("f", .array(frames.enumerated().map { $1.coded($0 > 0) })) }
        if callDue != nil, standing != .ready { fields.set("s", .string(standing.rawValue)) }
        if !log.effects.isEmpty { fields.set("e", .array(log.effects.map(\.coded))) }
        if log.omitted > 0 { fields.set("m", JSON(exactly: Int64(log.omitted))) }
        if log.keys != EffectLog.keys(of: log.effects) { fields.set("k", .array(log.keys.map { .string($0.text) })) }
        if let ending { fields.set("z", ending.coded) }
        if let branching { fields.set("b", branching.coded) }
        if let branch { fields.set("c", branch.coded) }
        return fields.json
    }

    /// Whether coded state is that of a run that waits for a time alone; sees those that `coded` made.
    package static func waitsForTimeOnly(_ bytes: some Collection<UInt8>) -> Bool {
        waiting.contains { bytes.starts(with: $0) }
    }

    private static let waiting = [Standing.waiting, .pausing].map { Array("{\"v\":1,\"s\":\"\($0.rawValue)\",".utf8) }

    /// As it was coded. What waits for answers of the history asks for them again.
    ///
    /// - Parameters:
    ///   - due: when its wait is over, as its cell knows.
    ///   - script: the rule or script of a name.
    /// - Returns: nil for JSON that is no state of a run of this rule, and where a script that it stands in was changed.
    package init?(
        coding json: JSON, rule: Rule, due: Timestamp? = nil, script: (String) -> Rule? = { _ in nil }
    ) {
        guard json["v"] == .number(1), let id = json["i"]?.exactInteger, let start = json["t"]?.exactInteger
        else { return nil }
        let started = Timestamp(microseconds: start)
        guard let occasion = json["o"].flatMap({ Occasion(coding: $0, started: started) }),
            let frames = Frame.decode(json["f"], rule: rule, script: script), let frame = frames.last,
            let log = EffectLog(coding: json)
        else { return nil }
        self.init(rule: rule, id: id, occasion: occasion, started: started)
        callers = frames.dropLast()
        self.frame = frame
        self.log = log
        if let place = json["c"] {
            guard let branch = BranchSlot(coding: place), branch.floor == min(branch.floor, callers.count) else {
                return nil
            }
            self.branch = branch
        }
        guard restoreStanding(json) else { return nil }
        if standing == .waiting || standing == .waitingUntil || standing == .pausing { self.due = due }
    }

    /// - Returns: false where it does not fit the instruction that the run is at.
    private mutating func restoreStanding(_ json: JSON) -> Bool {
        let word = json["s"]
        guard let standing = word == nil ? .ready : word?.string.flatMap(Standing.init(rawValue:)) else { return false }
        self.standing = standing
        if standing == .ended { ending = json["z"].flatMap(Ending.init(coding:)) }
        switch standing {
        case .ready: return true
        case .ended: return ending != nil
        case .failed, .pausing: return instruction != nil && frame.attempt > 0
        case .waiting, .waitingUntil, .outside: return instruction?.operation.standing == standing
        case .branching:
            guard let fork = instruction?.operation.fork else { return false }
            branching = json["b"].flatMap { Branching(coding: $0, count: fork.starts.count) }
            return branching != nil
        }
    }
}

extension Run.Ending {
    fileprivate var coded: JSON {
        var fields = CodedFields()
        fields.set("o", .string(outcome.rawValue))
        if let reason { fields.set("r", .string(reason)) }
        if let step { fields.set("s", .string(step)) }
        return fields.json
    }

    fileprivate init?(coding json: JSON) {
        guard let outcome = json["o"]?.string.flatMap(RunRecord.Outcome.init(rawValue:)) else { return nil }
        self.outcome = outcome
        reason = json["r"]?.string?.cut(to: Run.maximumReason)
        step = json["s"]?.string
    }
}
