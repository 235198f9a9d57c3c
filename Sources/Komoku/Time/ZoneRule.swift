/// Standard and summer time as they alternate every year (POSIX `TZ`, with the hours of RFC 8536, section 3.3.1).
struct ZoneRule: Hashable, Sendable {
    let standard: Zone.Kind
    let summer: Summer?

    struct Summer: Hashable, Sendable {
        var kind: Zone.Kind
        var begin: Day
        var end: Day
    }

    /// A day of each year, and the seconds after its midnight, which may be in another day.
    struct Day: Hashable, Sendable {
        var form: Form
        var seconds = 7200

        enum Form: Hashable, Sendable {
            /// 1 to 365; 29 February is never counted.
            case julian(Int)
            /// 0 to 365.
            case ofYear(Int)
            /// The week 1 to 5, 5 being the last, of a weekday, 0 being Sunday.
            case ofMonth(Int, week: Int, weekday: Int)
        }

        /// Seconds after the start of 1970, as a clock of the zone shows it.
        func local(_ year: Int) -> Int {
            let january = CivilDate.firstDay(ofMonth: 1, year: year)
            switch form {
            case .julian(let day):
                return (january + day - 1 + (CivilDate.isLeap(year) && day > 59 ? 1 : 0)) * 86_400 + seconds
            case .ofYear(let day): return (january + day) * 86_400 + seconds
            case .ofMonth(let month, let week, let weekday):
                let first = CivilDate.firstDay(ofMonth: month, year: year)
                var day = first + (weekday + 7 - CivilDate.weekday(daysSince1970: first) % 7) % 7 + (week - 1) * 7
                if day >= first + CivilDate.days(in: month, of: year) { day -= 7 }
                return day * 86_400 + seconds
            }
        }
    }

    func kind(at seconds: Int64) -> Zone.Kind {
        guard let summer else { return standard }
        let last = changes(around: seconds, summer).last { $0.time <= seconds }
        return last?.isSummer ?? false ? summer.kind : standard
    }

    func nextChange(after seconds: Int64) -> Int64? {
        guard let summer, summer.kind.offset != standard.offset else { return nil }
        let changes = changes(around: seconds, summer)
        return changes.indices.dropFirst().first {
            changes[$0].time > seconds && changes[$0].isSummer != changes[$0 - 1].isSummer
        }.map { changes[$0].time }
    }

    /// The changes of the year and of its neighbours, ascending; of two at one time the one that counts.
    private func changes(around seconds: Int64, _ summer: Summer) -> [(time: Int64, isSummer: Bool)] {
        let year = CivilDate(daysSince1970: Int(seconds).floored(by: 86_400)).year
        var changes: [(time: Int64, isSummer: Bool)] = []
        for year in (year - 2)...(year + 2) {
            let begin = (time: Int64(summer.begin.local(year) - standard.offset), isSummer: true)
            let end = (time: Int64(summer.end.local(year) - summer.kind.offset), isSummer: false)
            changes += begin.time <= end.time ? [begin, end] : [end, begin]
        }
        // Summer time all year ends at the very moment at which the next one begins: the later one counts.
        changes.sort { $0.time < $1.time || $0.time == $1.time && !$0.isSummer && $1.isSummer }
        return changes.indices.filter { $0 + 1 == changes.count || changes[$0].time != changes[$0 + 1].time }
            .map { changes[$0] }
    }
}
