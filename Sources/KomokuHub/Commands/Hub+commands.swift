package import Komoku
internal import KomokuStore
internal import Logging

/// A put of what a device can be told does not change the key: it is sent to the device, and the key changes when the device
/// reports. The command ends with that report, or when none came in time.
extension Hub {
    /// Who sends commands to devices, from now on; nil is nobody.
    ///
    /// - Parameter timeout: how long devices may take to report; nil leaves it as it is.
    package func setCommander(_ commander: (any DeviceCommander)?, timeout: Duration? = nil) {
        commanding.commander = commander
        if let timeout { commanding.timeout = timeout }
    }

    /// What a put would send to a device; nil where the key is none of a device's.
    ///
    /// - Throws: why the device cannot be told this.
    package func command(_ json: JSON, to key: KeyName) throws(CommandRefusal) -> DeviceCommandMessage? {
        guard let index = index(of: key), let device = table[index].device else { return nil }
        let value = try checked(json, at: index)
        guard let commander = commanding.commander else { throw .noCommander }
        return try commander.message(for: value, to: device.property)
    }

    /// Why a put of this value is refused, as a sentence; nil where it is not.
    package func putFault(_ name: KeyName, _ json: JSON) -> String? {
        guard let index = index(of: name) else {
            if let former = formerName(name) { return "\(name) \(former.fate)" }
            return (try? Value.guess(json)) == nil ? "\(json.excerpt) is no value" : nil
        }
        do throws(CommandRefusal) {
            guard let device = table[index].device else {
                _ = try cast(json, at: index)
                return nil
            }
            let value = try checked(json, at: index)
            _ = try commanding.commander?.message(for: value, to: device.property)
            return nil
        } catch {
            return error.description
        }
    }

    /// Calls `then` on the hub's thread once the newest command to a key has ended; at once with nil where none waits.
    package func whenReported(_ key: KeyName, _ then: @escaping @Sendable (CommandOutcome?) -> Void) {
        guard let index = index(of: key), let waiting = commanding.waiting[table[index].id],
            waiting.waiters.count < WaitingCommand.maximumWaiters
        else { return then(nil) }
        commanding.waiting[table[index].id]?.waiters.append(then)
    }

    /// Carries out a put of a device's key.
    func command(
        _ json: JSON, at index: Int, dated time: Timestamp?, cause: Cause
    ) throws(CommandError) {
        do throws(CommandRefusal) {
            try begin(try checked(json, at: index), at: index, dated: time, cause: cause)
        } catch {
            throw .invalidValue
        }
    }

    /// A put that was made long ago and comes only now must not move anything any more.
    private static let oldest = Duration.seconds(60)

    /// Sends a command and waits for the report; a command to the same key that still waits ends.
    ///
    /// - Throws: why the device cannot be told this.
    func begin(
        _ value: Value, at index: Int, dated time: Timestamp?, cause: Cause
    ) throws(CommandRefusal) {
        guard let device = table[index].device else { return }
        let now = clock.now
        // Asked first: a command that cannot be sent replaces none that was.
        let message = try message(for: value, to: device.property)
        counters.commands += 1
        if let time, now - time > max(commanding.timeout, Self.oldest) {
            return fail(value, at: index, cause, "it was put \((now - time).inSeconds) ago and came too late")
        }
        guard let commander = commanding.commander else {
            return fail(value, at: index, cause, CommandRefusal.noCommander.description)
        }
        end(at: index, .failed("superseded by a newer command"), isSuperseded: true)
        table[index].command = CommandState(value: value, time: now, cause: cause)
        let (id, number) = (table[index].id, commanding.number())
        commanding.waiting[id] = WaitingCommand(
            number: number, value: value, deadline: Tick(microseconds: clock.monotonic) + commanding.timeout,
            awaitsReport: device.description.hasState, wasSo: isAt(value, index),
            delivery: beginDelivery(of: table[index].name, isReady: message != nil && commander.isReady))
        wake(index)
        if let message { send(message, by: commander, id, number) } else { awaitNews(of: commander, id, number) }
    }

    /// - Returns: nil where it is not known yet, and may be soon.
    private func message(for value: Value, to property: PropertyID) throws(CommandRefusal) -> DeviceCommandMessage? {
        guard let commander = commanding.commander else { return nil }
        do throws(CommandRefusal) {
            return try commander.message(for: value, to: property)
        } catch {
            if commander.isExpected(property) { return nil }
            throw error
        }
    }

    private func send(_ message: DeviceCommandMessage, by commander: any DeviceCommander, _ id: KeyID, _ number: UInt64)
    {
        commander.send(message) { [weak self] fault in
            self?.enqueue { $0.sent(id, number, fault) }
        }
    }

    private func awaitNews(of commander: any DeviceCommander, _ id: KeyID, _ number: UInt64) {
        commander.whenNews { [weak self] in
            self?.enqueue { $0.tryAgain(id, number) }
        }
    }

    /// More is known of what devices can be told.
    private func tryAgain(_ id: KeyID, _ number: UInt64) {
        guard let waiting = commanding.waiting[id], waiting.number == number, !waiting.isSent,
            let commander = commanding.commander, let device = table[id.index].device
        else { return }
        do throws(CommandRefusal) {
            if let message = try message(for: waiting.value, to: device.property) {
                send(message, by: commander, id, number)
            } else {
                awaitNews(of: commander, id, number)
            }
        } catch {
            end(at: id.index, .failed(error.description))
        }
    }

    private func sent(_ id: KeyID, _ number: UInt64, _ fault: CommandRefusal?) {
        guard let waiting = commanding.waiting[id], waiting.number == number else { return }
        if let fault {
            end(at: id.index, .failed(fault.description))
        } else if !waiting.awaitsReport {
            end(at: id.index, .sent)
        } else {
            commanding.waiting[id]?.isSent = true
            waiting.delivery?.end(nil)
        }
    }

    /// Whether a key has a value, as well as its reports tell.
    private func isAt(_ value: Value, _ index: Int) -> Bool {
        table[index].last?.value?.agrees(with: value, precision: table[index].settings.effective.precision) ?? false
    }

    /// The value that a device was told last and has not answered; nil where none waits.
    func pendingValue(at index: Int) -> Value? {
        guard table[index].command != nil else { return nil }
        return commanding.waiting[table[index].id]?.value
    }

    /// Compares a report with the command that waits for it.
    func heard(_ value: Value, at index: Int) {
        guard let waiting = commanding.waiting[table[index].id], waiting.awaitsReport else { return }
        if value.agrees(with: waiting.value, precision: table[index].settings.effective.precision) {
            end(at: index, .reported(value))
        } else {
            commanding.waiting[table[index].id]?.other = value
        }
    }

    /// When the command that waits for a key's device ends.
    func commandDeadline(at index: Int) -> Tick? {
        guard table[index].command != nil else { return nil }
        return commanding.waiting[table[index].id]?.deadline
    }

    /// Ends the command to a key that is gone, or whose time has come.
    func endCommand(at index: Int, until now: Tick) {
        guard let deadline = commandDeadline(at: index), let waiting = commanding.waiting[table[index].id] else {
            return
        }
        if table[index].isRetired { return end(at: index, .failed("the key was deleted")) }
        guard deadline <= now else { return }
        if let other = waiting.other { return end(at: index, .differs(other)) }
        if !waiting.isSent, !waiting.isOverdue {
            commanding.waiting[table[index].id]?.isOverdue = true
            commanding.waiting[table[index].id]?.deadline = deadline + WaitingCommand.grace
            return
        }
        end(at: index, .failed(waiting.silence(commanding.timeout)))
    }

    /// Nobody waits any longer for the report of a command that is under way: a later one begins from what the key is.
    package func abandonCommand(to name: KeyName) {
        guard let index = index(of: name), commanding.waiting[table[index].id] != nil else { return }
        end(at: index, .failed("nobody waited any longer"), isSuperseded: true)
    }

    /// Notes a command that was not sent; one that still waits for its device is not replaced by it.
    private func fail(_ value: Value, at index: Int, _ cause: Cause, _ reason: String) {
        if pendingValue(at: index) == nil {
            table[index].command = CommandState(value: value, time: clock.now, outcome: .failed(reason), cause: cause)
        }
        beginDelivery(of: table[index].name, isReady: false)?.finish(.failed(reason))
        noteFailure(of: value, at: index, reason)
    }

    private func end(at index: Int, _ outcome: CommandOutcome, isSuperseded: Bool = false) {
        guard let ended = commanding.waiting.removeValue(forKey: table[index].id) else { return }
        table[index].command?.outcome = outcome
        if case .failed(let reason) = outcome, !isSuperseded { noteFailure(of: ended.value, at: index, reason) }
        ended.delivery?.finish(outcome, isSuperseded: isSuperseded)
        for waiter in ended.waiters { waiter(outcome) }
    }

    private func noteFailure(of value: Value, at index: Int, _ reason: String) {
        counters.failedCommands += 1
        logger.warning(
            "a command to a device failed",
            metadata: [
                "key": "\(table[index].name)", "value": "\(value.json.excerpt)",
                "reason": "\(reason)",
            ])
    }
}

extension WaitingCommand {
    /// Why it failed, where nothing was heard of it.
    fileprivate func silence(_ timeout: Duration) -> String {
        guard isSent else { return "it could not be sent within \(timeout): the broker does not take it" }
        return "no report within \(timeout)" + (wasSo ? "; the key was already at that value" : "")
    }
}

extension CommandRefusal {
    static let noCommander = CommandRefusal("no broker is configured through which devices can be told")
}

extension Duration {
    fileprivate var inSeconds: Duration { .seconds(microseconds / 1_000_000) }
}

extension Value {
    /// Whether a report says what the command said: numbers to the key's last decimal, or to nine digits.
    fileprivate func agrees(with command: Value, precision: Int?) -> Bool {
        guard let reported = number, let wanted = command.number else { return self == command }
        var tolerance = 1e-9 * max(reported.magnitude, wanted.magnitude)
        // Half of the last decimal, and a little more for what doubles cannot say.
        if let precision { tolerance += (0..<precision).reduce(0.5) { half, _ in half / 10 } }
        return (reported - wanted).magnitude <= tolerance
    }
}
