internal import Komoku
internal import KomokuWire

/// Which value holds when, by the clocks of the house: spans of each day of the week, and what holds else.
struct WeekSchedule: Hashable, Sendable {
    /// Of one day: seconds since its midnight.
    struct Span: Hashable, Sendable {
        var start: Int
        /// The first second that does not belong to it.
        var end: Int
        var value: Value
    }

    /// Monday first; of each day ascending, none over another.
    let days: [[Span]]
    let otherwise: Value

    /// The most spans of one day.
    static let most = 48

    /// What holds where clocks show a time.
    func value(at local: LocalDateTime) -> Value {
        let second = local.secondOfDay
        return days[local.date.weekday - 1].first { $0.start <= second && second < $0.end }?.value ?? otherwise
    }

    func value(at time: Timestamp, in zone: Zone) -> Value { value(at: zone.local(time)) }

    /// The first moment after a time from which on another value holds; nil where none ever does.
    ///
    /// A value changes only where a span begins or ends, and where clocks are set.
    func nextChange(after time: Timestamp, in zone: Zone) -> Timestamp? {
        let present = value(at: time, in: zone)
        guard present != otherwise || days.contains(where: { $0.contains { $0.value != present } }) else { return nil }
        let today = zone.local(time).daysSince1970
        // The day before for clocks that are put back over midnight, and two weeks: clocks may leave out the only span.
        for offset in -1...16 {
            let found = moments(ofDay: today + offset, in: zone).filter { moment in
                moment > time && value(at: moment, in: zone) != present
            }
            // Clocks that are set within the day, or at its ends, may bring the next day's moments forward.
            let next = moments(ofDay: today + offset + 1, in: zone).filter { moment in
                moment > time && value(at: moment, in: zone) != present
            }
            if let first = (found + next).min() { return first }
        }
        return nil
    }

    /// When spans of a day begin or end, and clocks are set in it.
    private func moments(ofDay day: Int, in zone: Zone) -> [Timestamp] {
        let date = CivilDate(daysSince1970: day)
        let midnight = LocalDateTime(date)
        let bounds = Set([0] + days[date.weekday - 1].flatMap { [$0.start, $0.end] })
        var moments: [Timestamp] = []
        for bound in bounds {
            let local = LocalDateTime(secondsSince1970: midnight.secondsSince1970 + bound)
            switch zone.moments(of: local) {
            case .once(let time), .never(let time): moments.append(time)
            case .twice(let first, let last): moments += [first, last]
            }
        }
        // What clocks do later belongs to the days that follow: their spans come before it.
        let tomorrow = zone.moments(of: LocalDateTime(CivilDate(daysSince1970: day + 1))).first
        var change = zone.moments(of: midnight).first - .seconds(86_400)
        while let next = zone.nextChange(after: change), next < tomorrow {
            moments.append(next)
            change = next
        }
        return moments
    }
}

extension WeekSchedule {
    private static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

    /// - Throws: with the day and the span that is wrong.
    init(_ plan: WeekPlan, otherwise: JSON?) throws(Refusal) {
        guard let otherwise = otherwise.flatMap(Value.init(plain:)) else {
            throw .invalidQuery("a schedule needs 'otherwise', the value at all other times")
        }
        var days: [[Span]] = []
        for (name, spans) in zip(Self.names, plan.days) { days.append(try Self.day(name, spans ?? [])) }
        let values = days.joined().map(\.value) + [otherwise]
        guard values.allSatisfy({ $0.isLike(otherwise) }) else {
            throw .invalidQuery("the values of a schedule are all numbers, all texts, or all true and false")
        }
        (self.days, self.otherwise) = (days, otherwise)
    }

    private static func day(_ name: String, _ spans: [PlanSpan]) throws(Refusal) -> [Span] {
        guard spans.count <= most else { throw .invalidQuery("'\(name)' has at most \(most) spans") }
        var read: [Span] = []
        for span in spans {
            guard let start = seconds(of: span.from), let end = seconds(of: span.to) else {
                throw .invalidQuery(
                    "'\(name)' has a span from '\(span.from.prefix(20))' to '\(span.to.prefix(20))': "
                        + "times are 00:00 to 24:00")
            }
            guard start < end else {
                throw .invalidQuery(
                    "'\(name)' has a span from \(span.from) to \(span.to), which ends before it begins; "
                        + "over midnight it is two, of two days")
            }
            guard let value = Value(plain: span.value) else {
                throw .invalidQuery("'\(name)' has a span without a value")
            }
            read.append(Span(start: start, end: end, value: value))
        }
        read.sort { $0.start < $1.start }
        for (first, second) in zip(read, read.dropFirst()) where first.end > second.start {
            throw .invalidQuery(
                "'\(name)' has two spans at \(text(second.start)); one has to end before the other begins")
        }
        return read
    }

    /// `06:30`, `06:30:15`, `24:00`; nil for anything else.
    private static func seconds(of text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3 else { return nil }
        var numbers: [Int] = []
        for part in parts {
            guard part.utf8.count == 2 || (numbers.isEmpty && part.utf8.count == 1),
                part.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = Int(part)
            else { return nil }
            numbers.append(number)
        }
        let seconds = numbers[0] * 3600 + numbers[1] * 60 + (numbers.count > 2 ? numbers[2] : 0)
        guard numbers.dropFirst().allSatisfy({ $0 < 60 }), seconds <= 86_400 else { return nil }
        return seconds
    }

    private static func text(_ seconds: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let rest = seconds % 60
        return "\(two(seconds / 3600)):\(two(seconds / 60 % 60))" + (rest > 0 ? ":\(two(rest))" : "")
    }

    /// As it was given.
    var plan: WeekPlan {
        var plan = WeekPlan()
        plan.days = days.map { spans in
            spans.isEmpty
                ? nil
                : spans.map {
                    PlanSpan(from: Self.text($0.start), to: Self.text($0.end), value: $0.value.json)
                }
        }
        return plan
    }

    /// All that it may be.
    var values: [Value] {
        var seen: Set<Value> = []
        return (days.joined().map(\.value) + [otherwise]).filter { seen.insert($0).inserted }
    }
}

extension Value {
    /// Nil where it is none: nothing, a list, an object.
    init?(plain json: JSON) {
        switch json {
        case .number(let number): self = .number(number)
        case .bool(let flag): self = .boolean(flag)
        case .string(let text): self = .string(text)
        case .null, .array, .object: return nil
        }
    }

    fileprivate func isLike(_ other: Value) -> Bool {
        switch (self, other) {
        case (.number, .number), (.string, .string), (.boolean, .boolean): true
        default: false
        }
    }
}
