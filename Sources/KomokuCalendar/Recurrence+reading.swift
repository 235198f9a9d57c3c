import Komoku

extension Recurrence {
    /// Why a text is no rule.
    struct Invalid: Error, Hashable {
        let reason: String
    }

    /// No rule has more.
    private static let maximumInterval = 1_000_000_000
    /// There are 366 days.
    private static let maximumItems = 400

    /// Reads `FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231T000000Z`; names that are not known are passed over.
    ///
    /// - Parameter until: reads a date, or a date and time.
    init(parsing text: String, until: (String) -> Until?) throws(Invalid) {
        var parts: [(name: String, value: String)] = []
        for part in text.split(separator: ";").prefix(64) {
            guard let sign = part.firstIndex(of: "=") else { throw Invalid(reason: "'\(part.prefix(40))' has no '='") }
            parts.append((part[..<sign].uppercased(), part[part.index(after: sign)...].uppercased()))
        }
        guard let frequency = parts.first(where: { $0.name == "FREQ" })?.value else {
            throw Invalid(reason: "it has no FREQ")
        }
        guard let known = Self.frequencies[frequency] else {
            throw Invalid(reason: "there is no frequency '\(frequency.prefix(40))'")
        }
        self.init(known)
        for (name, value) in parts where name != "FREQ" { try read(name, value, until) }
        if count != nil, self.until != nil { throw Invalid(reason: "it has COUNT and UNTIL") }
    }

    private static let frequencies: [String: Frequency] = [
        "SECONDLY": .secondly, "MINUTELY": .minutely, "HOURLY": .hourly, "DAILY": .daily, "WEEKLY": .weekly,
        "MONTHLY": .monthly, "YEARLY": .yearly,
    ]

    private static let days = ["MO": 1, "TU": 2, "WE": 3, "TH": 4, "FR": 5, "SA": 6, "SU": 7]

    private mutating func read(_ name: String, _ value: String, _ until: (String) -> Until?) throws(Invalid) {
        switch name {
        case "INTERVAL": interval = try Self.number(name, value, 1...Self.maximumInterval)
        case "COUNT": count = try Self.number(name, value, 1...Int(Int32.max))
        case "UNTIL":
            guard let last = until(value) else { throw Invalid(reason: "'\(value.prefix(40))' is no time of UNTIL") }
            self.until = last
        case "WKST":
            guard let day = Self.days[value] else { throw Invalid(reason: "'\(value.prefix(40))' is no weekday") }
            weekStart = day
        case "BYMONTH": months = try Self.numbers(name, value, 1...12)
        case "BYWEEKNO": weekNumbers = try Self.numbers(name, value, 1...53, fromEnd: true)
        case "BYYEARDAY": yearDays = try Self.numbers(name, value, 1...366, fromEnd: true)
        case "BYMONTHDAY": monthDays = try Self.numbers(name, value, 1...31, fromEnd: true)
        case "BYDAY": weekdays = try Self.weekdays(value)
        case "BYHOUR": hours = try Self.numbers(name, value, 0...23)
        case "BYMINUTE": minutes = try Self.numbers(name, value, 0...59)
        // No clock here shows a leap second.
        case "BYSECOND": seconds = Set(try Self.numbers(name, value, 0...60).map { min($0, 59) }).sorted()
        case "BYSETPOS": positions = try Self.numbers(name, value, 1...366, fromEnd: true)
        default: break
        }
    }

    private static func number(_ name: String, _ text: String, _ range: ClosedRange<Int>) throws(Invalid) -> Int {
        guard let number = whole(text[...]), range.contains(number) else {
            throw Invalid(reason: "\(name) is '\(text.prefix(40))', and not \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private static func numbers(
        _ name: String, _ text: String, _ range: ClosedRange<Int>, fromEnd: Bool = false
    ) throws(Invalid) -> [Int] {
        var found: Set<Int> = []
        for part in text.split(separator: ",", maxSplits: maximumItems) {
            guard let number = whole(part), range.contains(fromEnd ? abs(number) : number) else {
                throw Invalid(
                    reason: "'\(part.prefix(40))' of \(name) is not \(range.lowerBound) to \(range.upperBound)")
            }
            found.insert(number)
        }
        if found.isEmpty { throw Invalid(reason: "\(name) is empty") }
        return found.sorted()
    }

    private static func weekdays(_ text: String) throws(Invalid) -> [Weekday] {
        var found: [Weekday] = []
        for part in text.split(separator: ",", maxSplits: maximumItems) {
            let ordinal = part.dropLast(2)
            guard let day = days[String(part.suffix(2))], ordinal.isEmpty || 1...53 ~= abs(whole(ordinal) ?? 0) else {
                throw Invalid(reason: "'\(part.prefix(40))' of BYDAY is no weekday such as MO, 2TU or -1SU")
            }
            let weekday = Weekday(ordinal: whole(ordinal), day: day)
            if !found.contains(weekday) { found.append(weekday) }
        }
        if found.isEmpty { throw Invalid(reason: "BYDAY is empty") }
        return found
    }

    private static func whole(_ text: Substring) -> Int? {
        text.utf8.count <= 11 ? Int(text) : nil
    }
}
