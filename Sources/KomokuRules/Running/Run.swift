package import Komoku
import KomokuExpression

/// One going-through of a rule's procedure: a value that says what to do next, and is told how that went.
///
/// `advance` gives one demand. What it demands is performed, then reported (`succeeded`, `failed`, `answered`, `woke`,
/// `timedOut`, `look`, `answer`), then `advance` is called again, until it demands the end. A report that does not fit
/// where the run stands changes nothing, so late ones are harmless.
package struct Run: Sendable {
    package let rule: Rule
    package let id: Int64
    package let occasion: Occasion
    package let started: Timestamp
    /// What it stands at.
    package internal(set) var standing = Standing.ready
    /// The wall time at which the wait that it stands at is over; nil where it has no end. Not part of `coded`.
    package internal(set) var due: Timestamp?

    /// Those who wait for the script that runs now, the rule itself first.
    var callers: [Frame] = []
    var frame: Frame
    var log = EffectLog()
    var ending: Ending?
    /// At a `parallel`.
    var branching: Branching?
    /// It is a branch of another one.
    var branch: BranchSlot?
    /// How it ended, where it is a branch and that concerns more than it.
    var verdict: BranchSlot.Verdict?
    var answers = HistoryAnswers()
    /// It stands at `wait_until`, whose condition has to be looked at with answers of the history.
    var looksAgain = false
    /// The history was asked and has not answered.
    var isAsking = false
    /// How many keys there ever were.
    var keyCount = 0
    /// Instructions left in this turn.
    private var budget = Run.turn

    /// The most instructions before the run lets others go on.
    package static let turn = 1_000
    /// The most frames: scripts called by scripts, the rule itself included.
    package static let maximumFrames = 16
    /// The longest reason, in bytes of UTF-8.
    package static let maximumReason = 200

    /// The first key that matches behind another one, of so many that there were first; nil where there is none.
    package typealias NextKey = (KeyPattern, _ after: KeyName?, _ among: Int) -> KeyName?

    package enum Standing: String, Hashable, Sendable, CaseIterable {
        /// Call `advance`.
        case ready
        /// Something outside was demanded and not reported. `advance` demands it once more, as after a restart.
        case outside
        /// `woke` goes on.
        case waiting
        /// `look` and `timedOut` go on.
        case waitingUntil = "until"
        /// A step failed; `advance` demands the pause before its next attempt.
        case failed
        /// The pause before the next attempt; `woke` goes on.
        case pausing
        /// Its branches go on.
        case branching = "branches"
        case ended
    }

    enum Demand: Sendable {
        /// By `succeeded`, `reported`, `answered` or `failed`, a publication of QoS 1 or 2 once the broker has it.
        case outside(any Errand)
        /// By `woke`.
        case wait(Duration)
        /// By `look` whenever it may hold, and by `timedOut`; `nil` has no end. See `awaitedKeys`.
        case waitUntil(timeout: Duration?)
        /// By `answer`.
        case history([HistoryCall])
        /// Its branches begin, by `fork`.
        case fork
        /// It waits on as it did; its timer stays.
        case stand
        /// `turn` instructions were used up: let others go on, then call `advance`.
        case pause
        case end(RunRecord.Outcome, reason: String?)
    }

    struct Ending: Hashable, Sendable {
        var outcome: RunRecord.Outcome
        var reason: String?
        /// The step that failed or stopped it.
        var step: String?
    }

    package init(rule: Rule, id: Int64, occasion: Occasion, started: Timestamp) {
        self.rule = rule
        self.id = id
        self.occasion = occasion
        self.started = started
        frame = Frame(rule)
    }

    /// Goes on until something has to be done outside.
    ///
    /// - Parameters:
    ///   - lookup: what a reference is, nil where it has no value; asked for everything but locals. A question about the
    ///     history that has no answer at once is nil too: it is then demanded.
    ///   - keyCount: how many keys there ever were; a loop over a pattern takes none that comes later.
    ///   - nextKey: for loops over a pattern.
    ///   - script: the rule or script of a name, nil where there is none.
    mutating func advance(
        _ lookup: (Reference) -> Value?, now: Timestamp, keyCount: Int = 0, nextKey: NextKey = { _, _, _ in nil },
        script: (String) -> Rule? = { _ in nil }
    ) -> Demand {
        self.keyCount = keyCount
        while true {
            switch standing {
            case .ended: return .end(ending?.outcome ?? .done, reason: ending?.reason)
            case .waiting, .pausing, .branching: return .stand
            case .waitingUntil where !looksAgain: return .stand
            case .failed: return pauseBeforeRetry(now)
            case .ready, .outside, .waitingUntil: break
            }
            guard let instruction else {
                leaveFrame()
                continue
            }
            guard budget > 0 else {
                beginTurn()
                return .pause
            }
            budget -= 1
            if let demand = perform(instruction, lookup, now: now, nextKey: nextKey, script: script) { return demand }
        }
    }

    /// The instruction that it stands at; nil behind the last.
    var instruction: Instruction? {
        let instructions = frame.rule.procedure.instructions
        return instructions.indices.contains(frame.position) ? instructions[frame.position] : nil
    }

    /// The step that it stands at: `2.then.1`; in a script with the steps that called it, `3 > goodnight 2`.
    package var step: String {
        var text = ""
        for (caller, called) in zip(callers, callers.dropFirst() + [frame]) {
            text += "\(caller.step ?? "end") > \(called.rule.name) "
        }
        return text + (frame.step ?? "end")
    }

    /// An effect of the step that it stands at.
    func placed(_ effect: RunEffect) -> RunEffect {
        var effect = effect
        effect.step = (callers.first ?? frame).step ?? "end"
        if !callers.isEmpty {
            effect.scripts = (callers + [frame]).dropFirst().map {
                RunEffect.Script(name: $0.rule.name, step: $0.step ?? "end")
            }
        }
        return effect
    }

    /// How long what was demanded last may take, as the rule says; nil is the default of its kind.
    package var timeout: Duration? { instruction?.policy.timeout }

    /// Whether what was demanded last is done only when the device has reported.
    package var waitsForReport: Bool { instruction?.policy.waitsForReport ?? false }

    /// The scripts that it stands in, the outermost first.
    var scripts: [String] { (callers + [frame]).dropFirst().map(\.rule.name) }

    mutating func beginTurn() {
        budget = Self.turn
    }

    mutating func end(_ outcome: RunRecord.Outcome, reason: String? = nil, step: String? = nil) {
        standing = .ended
        due = nil
        forgetAnswers()
        ending = Ending(outcome: outcome, reason: reason.map { $0.cut(to: Self.maximumReason) }, step: step)
    }

    /// Behind the instruction that it stands at, or at another one.
    mutating func goOn(at position: Int? = nil) {
        frame.position = position ?? frame.position + 1
        frame.attempt = 0
        standing = .ready
        due = nil
        looksAgain = false
        forgetAnswers()
    }

    mutating func forgetAnswers() {
        isAsking = false
        answers = HistoryAnswers()
    }

    /// The script is through, and with the last one the run.
    mutating func leaveFrame(answering value: Value? = nil) {
        guard callers.count > floor, let caller = callers.popLast() else {
            if branch != nil { verdict = .answer(value) }
            return end(.done)
        }
        frame = caller
        if let name = instruction?.operation.answerName { frame.locals[name] = value }
        goOn()
    }
}

extension Run {
    /// What it did so far, step by step, bounded.
    package var effects: [RunEffect] { log.effects }

    /// For the why log. Where the run itself ended, leave out the outcome and the reason.
    package func record(
        _ outcome: RunRecord.Outcome? = nil, reason: String? = nil, ended: Timestamp
    ) -> RunRecord {
        RunRecord(
            id: id, rule: rule.name, occasion: occasion, outcome: outcome ?? ending?.outcome ?? .done, started: started,
            ended: ended, step: standing == .ended ? ending?.step : step, reason: reason ?? ending?.reason,
            effects: log.effects, omitted: log.omitted, keys: log.keys)
    }
}
