package import Komoku

/// The part of each day in which notes that are not urgent wait.
package struct QuietHours: Hashable, Sendable {
    /// Seconds since midnight, as the clock shows them. From 22:00 to 07:00 goes over midnight.
    package var from: Int
    package var to: Int

    package init(from: Int, to: Int) {
        self.from = from
        self.to = to
    }

    /// When the quiet hours that a time is in are over; nil outside of them.
    package func end(at time: Timestamp, in zone: Zone) -> Timestamp? {
        let local = zone.local(time)
        let now = local.secondOfDay
        let isWithin = from < to ? from <= now && now < to : now >= from || now < to
        guard isWithin, from != to else { return nil }
        let day = local.daysSince1970 + (now < to ? 0 : 1)
        let end = zone.moments(of: LocalDateTime(CivilDate(daysSince1970: day), hour: to / 3600, second: to % 3600))
            .first
        // Where clocks are put back, the hour shows twice.
        return end > time ? end : time + .seconds(3600)
    }
}
