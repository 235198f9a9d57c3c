internal import Komoku

/// Moments and lengths of time, as Home Assistant has them. `now()` is when the message came.
extension JinjaFunction {
    static let timeFunctions: [String: JinjaFunction] = [
        "as_datetime": asTime, "as_local": asLocal, "as_timedelta": asSpan, "as_timestamp": asTimestamp, "now": now,
        "strptime": parseTime, "timedelta": span, "time_since": distance(isPast: true),
        "time_until": distance(isPast: false), "relative_time": distance(isPast: true), "today_at": todayAt,
        "utcnow": utcNow,
    ]

    static let timeFilters: [String: JinjaFunction] = [
        "as_datetime": asTime, "as_local": asLocal, "as_timedelta": asSpan, "as_timestamp": asTimestamp,
        "strptime": parseTime, "time_since": distance(isPast: true), "time_until": distance(isPast: false),
        "relative_time": distance(isPast: true), "timestamp_custom": custom, "timestamp_local": stamp(isLocal: true),
        "timestamp_utc": stamp(isLocal: false), "today_at": todayAt,
    ]

    static let timeMethods: [String: JinjaFunction] = [
        "astimezone": asLocal, "date": ofTime { .string($0.dateText) },
        "isoformat": isoFormat, "isoweekday": ofTime { .int($0.local.date.weekday) },
        "strftime": strftime, "time": ofTime { .string(String($0.isoText().dropFirst(11).prefix(8))) },
        "timestamp": timestamp, "total_seconds": totalSeconds, "weekday": ofTime { .int($0.local.date.weekday - 1) },
    ]

    private static func ofTime(_ apply: @escaping @Sendable (JinjaTime) -> JinjaValue) -> JinjaFunction {
        of { (value) throws(JinjaError) in apply(try time(value)) }
    }

    private static func time(_ value: JinjaValue?) throws(JinjaError) -> JinjaTime {
        guard case .time(let time)? = value else {
            if value?.isUndefined ?? true { throw .undefined }
            throw .failed("'\((value ?? .undefined).excerpt)' is no time")
        }
        return time
    }

    // MARK: Now

    static let now = JinjaFunction(working: []) { (_, work) throws(JinjaError) in
        try made(JinjaTime(moment: Int(work.time.microseconds), in: work.zone))
    }

    static let utcNow = JinjaFunction(working: []) { (_, work) throws(JinjaError) in
        try made(JinjaTime(wall: Int(work.time.microseconds), offset: 0))
    }

    private static func made(_ time: JinjaTime?) throws(JinjaError) -> JinjaValue {
        guard let time else { throw .failed("a time is out of range") }
        return .time(time)
    }

    static let todayAt = JinjaFunction(working: ["value"], required: 0) { (arguments, work) throws(JinjaError) in
        let text = arguments[0]?.text ?? ""
        let date = work.zone.local(work.time).date
        let read =
            JinjaTime.parse("1970-01-01 \(text.isEmpty ? "00:00" : text)", format: "%Y-%m-%d %H:%M:%S")
            ?? JinjaTime.parse("1970-01-01 \(text.isEmpty ? "00:00" : text)", format: "%Y-%m-%d %H:%M")
        guard let read, let naive = JinjaTime(date, second: JinjaTime.floored(read.wall, by: 1_000_000)) else {
            throw .failed("'\(text.prefix(40))' is no time of day")
        }
        return try made(JinjaTime(moment: naive.moment(in: work.zone), in: work.zone))
    }

    // MARK: Reading

    /// Seconds since 1970 of a number; texts are none.
    private static func moment(_ value: JinjaValue?) -> Int? {
        guard let seconds = value?.double, seconds.magnitude < 1e12 else { return nil }
        return Int((seconds * 1e6).rounded(.toNearestOrEven))
    }

    static let asTimestamp = JinjaFunction(working: ["value", "default"], required: 1) {
        (arguments, work) throws(JinjaError) in
        let value = arguments[0] ?? .undefined
        let read: JinjaTime? = if case .time(let time) = value { time } else { JinjaTime.parse(iso: value.text) }
        if let read { return .float(Double(read.moment(in: work.zone)) / 1e6) }
        if let fallback = arguments[1] { return fallback }
        throw .failed("'\(value.excerpt)' is no time")
    }.shallow

    static let asTime = JinjaFunction(working: ["value", "default"], required: 1) {
        (arguments, work) throws(JinjaError) in
        let value = arguments[0] ?? .undefined
        if case .time = value { return value }
        if let seconds = try number(value), let moment = moment(.float(seconds)),
            let time = JinjaTime(wall: moment, offset: 0)
        {
            return .time(time)
        }
        if let time = JinjaTime.parse(iso: value.text) { return .time(time) }
        return arguments[1] ?? JinjaValue.none
    }.shallow

    static let asLocal = JinjaFunction(working: ["value"]) { (arguments, work) throws(JinjaError) in
        try made(JinjaTime(moment: try time(arguments[0]).moment(in: work.zone), in: work.zone))
    }.shallow

    static let parseTime = JinjaFunction(["value", "format", "default"], required: 2) {
        (arguments) throws(JinjaError) in
        let value = arguments[0] ?? .undefined
        if case .string(let text) = value, text.utf8.count <= 255,
            let time = JinjaTime.parse(text, format: (arguments[1] ?? .undefined).text)
        {
            return .time(time)
        }
        if let fallback = arguments[2] { return fallback }
        throw .failed("'\(value.excerpt)' is no time of that format")
    }

    // MARK: Writing

    static let custom = JinjaFunction(working: ["value", "format", "local", "default"], required: 1) {
        (arguments, work) throws(JinjaError) in
        let isLocal = arguments[2]?.isTrue ?? true
        if let moment = moment(arguments[0]), let time = JinjaTime(moment: moment, in: isLocal ? work.zone : .utc) {
            return .string(try time.text(format: arguments[1]?.text ?? "%Y-%m-%d %H:%M:%S"))
        }
        return try fallback(arguments[3], arguments[0])
    }

    private static func stamp(isLocal: Bool) -> JinjaFunction {
        JinjaFunction(working: ["value", "default"], required: 1) { (arguments, work) throws(JinjaError) in
            if let moment = moment(arguments[0]), let time = JinjaTime(moment: moment, in: isLocal ? work.zone : .utc) {
                return .string(time.isoText())
            }
            return try fallback(arguments[1], arguments[0])
        }
    }

    private static func fallback(_ fallback: JinjaValue?, _ value: JinjaValue?) throws(JinjaError) -> JinjaValue {
        if let fallback { return fallback }
        if value?.isUndefined ?? true { throw .undefined }
        throw .failed("'\((value ?? .undefined).excerpt)' is no time")
    }

    static let strftime = JinjaFunction(["value", "format"]) { (arguments) throws(JinjaError) in
        .string(try time(arguments[0]).text(format: try text(arguments[1])))
    }

    static let isoFormat = JinjaFunction(["value", "sep"], required: 1) { (arguments) throws(JinjaError) in
        .string(try time(arguments[0]).isoText(separator: arguments[1]?.text ?? "T"))
    }

    static let timestamp = JinjaFunction(working: ["value"]) { (arguments, work) throws(JinjaError) in
        .float(Double(try time(arguments[0]).moment(in: work.zone)) / 1e6)
    }

    // MARK: Lengths

    /// Microseconds of each unit, in the order of Python's parameters.
    private static let units: [(name: String, size: Double)] = [
        ("days", 86_400e6), ("seconds", 1e6), ("microseconds", 1), ("milliseconds", 1e3), ("minutes", 60e6),
        ("hours", 3600e6), ("weeks", 604_800e6),
    ]

    static let span = JinjaFunction(units.map(\.name), required: 0) { (arguments) throws(JinjaError) in
        var total = 0.0
        for (argument, unit) in Swift.zip(arguments, units) {
            guard let argument else { continue }
            guard let number = argument.double else { throw .failed("'\(argument.excerpt)' is no number") }
            total += number * unit.size
        }
        guard total.magnitude < 8.64e22 / 1e4 else { throw .failed("a length of time is too large") }
        return .span(Int(total.rounded(.toNearestOrEven)))
    }

    static let totalSeconds = of { (value) throws(JinjaError) in
        guard case .span(let span) = value else { throw .failed("'\(value.excerpt)' is no length of time") }
        return .float(Double(span) / 1e6)
    }

    /// `2 days 03:04:05`, `03:04:05`, `03:04`, or seconds.
    static let asSpan = ofText { (text) throws(JinjaError) in
        let parts = text.split { $0 == " " || $0 == "," }.filter { !$0.hasPrefix("day") }
        var total = 0.0
        for part in parts.prefix(2) {
            let numbers = part.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
            guard numbers.count <= 3, numbers.allSatisfy({ $0.map { $0.magnitude < 1e9 } ?? false }) else {
                return .none
            }
            if numbers.count == 1 {
                total += (numbers[0] ?? 0) * (parts.count > 1 ? 86_400 : 1)
            } else {
                let sizes: [Double] = numbers.count == 3 ? [3600, 60, 1] : [60, 1]
                total += Swift.zip(numbers, sizes).reduce(0) { $0 + ($1.0 ?? 0) * $1.1 }
            }
        }
        return parts.isEmpty || total.magnitude > 1e12 ? .none : .span(Int((total * 1e6).rounded()))
    }

    /// How long ago, or from now, in the largest unit.
    private static func distance(isPast: Bool) -> JinjaFunction {
        JinjaFunction(working: ["value", "precision"], required: 1) { (arguments, work) throws(JinjaError) in
            guard case .time(let time)? = arguments[0] else { return arguments[0] ?? .undefined }
            let now = Int(work.time.microseconds)
            let moment = time.moment(in: work.zone)
            let seconds = JinjaTime.floored(isPast ? now - moment : moment - now, by: 1_000_000)
            if seconds < 0 { return .time(time) }
            let sizes = [
                ("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3600), ("minute", 60),
                ("second", 1),
            ]
            var (rest, parts): (Int, [String]) = (seconds, [])
            let precision = arguments[1]?.integer ?? 1
            for (name, size) in sizes where rest >= size {
                parts.append("\(rest / size) \(name)\(rest / size == 1 ? "" : "s")")
                rest %= size
                if parts.count == precision { break }
            }
            return .string(parts.isEmpty ? "0 seconds" : parts.joined(separator: " "))
        }
    }

    /// Of texts, and of times: `now().replace(hour=0)`.
    static let replaceMethod: JinjaFunction = {
        var function = JinjaFunction(working: ["value", "old", "new", "count"], required: 1) {
            (arguments, work) throws(JinjaError) in
            guard case .time(let time)? = arguments[0] else {
                guard arguments[1] != nil, arguments[2] != nil else { throw .failed("'replace' takes two texts") }
                return try replace.apply(Array(arguments.prefix(4)), work)
            }
            guard case .dict(let members)?? = arguments.dropFirst(4).first else { return .time(time) }
            return try replaced(time, JinjaValue.dict(members))
        }
        function.takesNames = true
        return function
    }()

    private static func replaced(_ time: JinjaTime, _ parts: JinjaValue) throws(JinjaError) -> JinjaValue {
        let local = time.local
        func part(_ name: String, _ own: Int, _ range: ClosedRange<Int>) throws(JinjaError) -> Int {
            let given = parts[name]
            if given.isUndefined { return own }
            guard let number = given.integer, range ~= number else { throw .failed("'\(name)' is out of range") }
            return number
        }
        let date = CivilDate(
            year: try part("year", local.date.year, 1...9999), month: try part("month", local.date.month, 1...12),
            day: try part("day", local.date.day, 1...31))
        let second =
            try part("hour", local.hour, 0...23) * 3600 + part("minute", local.minute, 0...59) * 60
            + part("second", local.second, 0...59)
        let microsecond = try part("microsecond", time.microsecond, 0...999_999)
        return try made(
            date.flatMap { JinjaTime($0, second: second, microsecond: microsecond, offset: time.offset) })
    }
}
