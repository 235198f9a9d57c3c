import Komoku
import KomokuExpression
import KomokuHub

/// Triggers and conditions that go by calendars. A trigger is a schedule whose times are those of events: it is told what the events
/// are, and fires for each of them.
extension RuleEngine {
    /// The calendars may be others by now: what asks them is looked at.
    func lookAtCalendars(in hub: isolated Hub) {
        for slot in machine.rules.index.becomes {
            guard case .becomes(let expression) = trigger(at: slot).form, !expression.reads.calendars.isEmpty else {
                continue
            }
            lookAndFire(at: slot, nil, in: hub)
        }
        for (id, live) in machine.runs.live {
            if live.run.awaited?.reads.calendars.isEmpty == false { lookAgain(at: id, in: hub) }
        }
    }

    private func calendarTrigger(at slot: TriggerIndex.Slot) -> CalendarTrigger? {
        guard case .schedule(let schedule) = trigger(at: slot).form, case .calendar(let trigger) = schedule.form else {
            return nil
        }
        return trigger
    }

    /// Whether a time that was worked out before is one of the schedule still: the events, and the holidays, may be others.
    func stands(_ due: Timestamp, _ slot: TriggerIndex.Slot, in hub: isolated Hub) -> Bool {
        guard case .schedule(let schedule) = trigger(at: slot).form, schedule.goesByCalendars else { return true }
        // Of those that are to come it is the first, of those that are past it is one.
        return next(slot, after: min(due - Duration(microseconds: 1), hub.clock.now), in: hub) == due
    }

    /// What a schedule that is due tells of it: of events one for each that begins or ends then.
    func occasions(of slot: TriggerIndex.Slot, dueAt due: Timestamp) -> [Occasion] {
        let occasion = Occasion(trigger(at: slot).word, at: due)
        guard let trigger = calendarTrigger(at: slot) else { return [occasion] }
        return machine.location.calendars.details(trigger, dueAt: due).map { details in
            var occasion = occasion
            occasion.arguments = details
            return occasion
        }
    }

    /// After what a schedule that is due is due again. One that is late is due once for all that it has missed; events are each
    /// another one, where it is not very late.
    func nextAsked(_ slot: TriggerIndex.Slot, after due: Timestamp, in hub: isolated Hub) -> Timestamp {
        let now = hub.clock.now
        return calendarTrigger(at: slot) != nil && now - due <= Self.usualOutage ? due : max(due, now)
    }

    /// The moments at which a schedule was due while the hub was down: of events all that are not too late, else the first.
    func moments(
        of slot: TriggerIndex.Slot, from due: Timestamp, upTo now: Timestamp, within longest: Duration
    ) -> [Timestamp] {
        guard let trigger = calendarTrigger(at: slot) else { return [due] }
        var moments = [due]
        var last = max(due, now - longest - Duration(microseconds: 1))
        while moments.count < Self.maximumMissed, let next = machine.location.calendars.next(trigger, after: last),
            next <= now
        {
            moments.append(next)
            last = next
        }
        return moments
    }

    private static let maximumMissed = 100
}

extension Schedule {
    /// Whether its times depend on events or holidays.
    var goesByCalendars: Bool {
        switch form {
        case .calendar: true
        case .daily(_, let days): days.holidays || holidays != .any
        case .cron, .every: holidays != .any
        }
    }
}
