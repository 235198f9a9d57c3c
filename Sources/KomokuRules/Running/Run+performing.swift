package import Komoku
import KomokuExpression
internal import KomokuSystem

extension Run {
    /// What an instruction comes to.
    enum Work {
        /// Stands until what was demanded is reported.
        case outside(any Errand, RunEffect)
        case wait(Duration, RunEffect)
        /// An effect where it begins to wait.
        case until(holds: Bool, timeout: Duration? = nil, RunEffect? = nil)
        case set(String, Value?)
        /// `into` is the local that has the answer.
        case call(String, [String: Value], into: String?)
        /// The script ends with this.
        case answer(Value?, RunEffect)
        case stop(String?, fails: Bool)
        case fork
        case branchEnd
        case goOn(at: Int?)
        /// Begins a loop, with the number of its rounds where it counts.
        case begin(LoopState)
        /// Nil where there is no further round.
        case round(LoopState?, exit: Int)
    }

    /// - Returns: nil where the run goes on.
    mutating func perform(
        _ instruction: Instruction, _ lookup: (Reference) -> Value?, now: Timestamp,
        nextKey: NextKey, script: (String) -> Rule?
    ) -> Demand? {
        var reading = HistoryAnswers.Reading(answers)
        let result: Result<Work, UnknownContent>
        do throws(UnknownContent) {
            result = .success(try work(of: instruction, { value(of: $0, &reading, lookup) }, nextKey))
        } catch {
            result = .failure(error)
        }
        let asked = answers.take(reading, instruction.operation.expressions, lookup)
        isAsking = !asked.isEmpty
        if isAsking { return .history(asked) }
        switch result {
        case .success(let work): return apply(work, of: instruction, now: now, script: script)
        case .failure(let fault):
            fail(OutputFailure(instruction.shown(fault.reason)), as: .new)
            return nil
        }
    }

    /// Works an instruction out; performs nothing and changes nothing.
    private func work(
        of instruction: Instruction, _ lookup: (Reference) -> Value?, _ nextKey: NextKey
    ) throws(UnknownContent) -> Work {
        let work = try instruction.operation.work(self, instruction.policy, lookup, nextKey)
        guard instruction.policy.hidesContent, case .outside(let errand, let effect) = work, !effect.isHidden else {
            return work
        }
        return .outside(errand, RunEffect(verb: effect.verb, isHidden: true))
    }

    func value(
        of reference: Reference, _ reading: inout HistoryAnswers.Reading, _ lookup: (Reference) -> Value?
    ) -> Value? {
        if case .local(let name) = reference { return local(name) }
        return reading.value(of: reference, lookup)
    }

    /// What a local is where the run stands.
    package func local(_ name: String) -> Value? {
        if !frame.loops.isEmpty {
            if name == "index", let loop = frame.loops.last { return .number(Double(loop.round)) }
            if let loop = frame.loops.last(where: { $0.name == name }) { return loop.item }
        }
        if let value = frame.locals[name] { return value }
        guard callers.isEmpty else { return name == "trigger" ? .string("call") : nil }
        if let value = occasion.arguments[name] { return value }
        switch name {
        case "value": return occasion.value
        case "previous": return occasion.previous
        case "key": return occasion.key.map { .string($0.text) }
        case "trigger": return .string(occasion.word)
        default: return nil
        }
    }

    private mutating func apply(
        _ work: Work, of instruction: Instruction, now: Timestamp, script: (String) -> Rule?
    ) -> Demand? {
        switch work {
        case .outside(let errand, let effect):
            // After a restart it is demanded once more, and was noted before.
            if standing != .outside { note(effect) }
            standing = .outside
            return .outside(errand)
        case .wait(let duration, let effect):
            guard duration > .zero else {
                goOn()
                return nil
            }
            note(effect)
            standing = .waiting
            due = now + duration
            return .wait(duration)
        case .until(let holds, let timeout, let effect): return stand(holds, timeout, effect, now)
        case .set(let name, let value):
            frame.locals[name] = value
            goOn()
        case .answer(let value, let effect):
            note(effect)
            leaveFrame(answering: value)
        case .call(let name, let arguments, let into):
            // What it was before is no answer to this call.
            if let into { frame.locals[into] = nil }
            enter(name, arguments, until: instruction.policy.timeout.map { now + $0 }, script)
        case .stop(let reason, let fails): stop(reason.map { instruction.shown($0) }, fails: fails)
        case .goOn(let position): goOn(at: position)
        case .fork:
            standing = .branching
            return .fork
        case .branchEnd: end(.done)
        case .begin(let loop):
            frame.loops.append(loop)
            goOn()
        case .round(let loop, let exit):
            frame.loops.removeLast(min(1, frame.loops.count))
            if let loop { frame.loops.append(loop) }
            goOn(at: loop == nil ? exit : nil)
        }
        return nil
    }

    /// What came of what was demanded, beside that it was.
    mutating func tell(_ effects: [RunEffect]) {
        for effect in effects { note(effect) }
    }

    private mutating func note(_ effect: RunEffect) {
        let effect = placed(effect)
        log.add(effect)
        if let key = effect.key { log.touch(key) }
    }

    /// At `wait_until`, for the first time or again.
    private mutating func stand(
        _ holds: Bool, _ timeout: Duration?, _ effect: RunEffect?, _ now: Timestamp
    ) -> Demand? {
        if holds {
            frame.locals["timed_out"] = .boolean(false)
            goOn()
            return nil
        }
        if standing == .waitingUntil {
            looksAgain = false
            forgetAnswers()
            return .stand
        }
        if let effect { note(effect) }
        standing = .waitingUntil
        forgetAnswers()
        due = timeout.map { now + $0 }
        return .waitUntil(timeout: timeout)
    }

    private mutating func enter(
        _ name: String, _ arguments: [String: Value], until deadline: Timestamp?, _ script: (String) -> Rule?
    ) {
        guard let rule = script(name) else {
            return fail(OutputFailure("there is no script '\(name)'", isTransient: false), as: .new)
        }
        guard callers.count + 1 < Self.maximumFrames else {
            let reason = "scripts call each other more than \(Self.maximumFrames) deep"
            return fail(OutputFailure(reason, isTransient: false), as: .new)
        }
        callers.append(frame)
        frame = Frame(rule)
        frame.locals = arguments
        frame.deadline = deadline
        goOn(at: 0)
    }

    /// - Parameter step: the step that stops it; nil is the one that it stands at.
    mutating func stop(_ reason: String?, fails: Bool, at step: String? = nil) {
        // A branch cannot stop what it is a part of by itself.
        if branch != nil, callers.count == floor { verdict = .stop(reason, fails: fails) }
        if fails { return fail(OutputFailure(reason ?? "stopped"), as: .silent, at: step) }
        guard callers.count == floor else { return leaveFrame() }
        end(.stopped, reason: reason, step: step ?? self.step)
    }
}

extension Instruction {
    /// A reason that may quote what the instruction says, as people may see it.
    func shown(_ reason: String) -> String { policy.hidesContent ? CompiledExpression.notShown : reason }
}
