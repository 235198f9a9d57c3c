internal import Komoku

/// Times by format: Python's `strftime` and `strptime` in the C locale.
extension JinjaTime {
    private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// - Throws: where a directive is not known.
    func text(format: String) throws(JinjaError) -> String {
        var rest = format.unicodeScalars[...]
        var text = ""
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            var isPlain = false
            if rest.first == "-" {
                rest.removeFirst()
                isPlain = true
            }
            guard let kind = rest.popFirst() else { throw .failed("a time's format ends after '%'") }
            var part = try part(kind)
            if isPlain, part.count > 1 { part = String(part.drop { $0 == "0" || $0 == " " }) }
            text += isPlain && part.isEmpty ? "0" : part
            if text.utf8.count > Value.maximumStringLength { throw .failed(JinjaFunction.tooLong) }
        }
        return text
    }

    private func part(_ kind: Unicode.Scalar) throws(JinjaError) -> String {
        let (local, date) = (local, local.date)
        let dayOfYear = date.daysSince1970 - (CivilDate(year: date.year, month: 1, day: 1)?.daysSince1970 ?? 0) + 1
        switch kind {
        case "Y": return Self.padded(date.year, 4)
        case "y": return Self.padded(date.year % 100)
        case "m": return Self.padded(date.month)
        case "d": return Self.padded(date.day)
        case "e": return date.day < 10 ? " \(date.day)" : "\(date.day)"
        case "H": return Self.padded(local.hour)
        case "k": return local.hour < 10 ? " \(local.hour)" : "\(local.hour)"
        case "I": return Self.padded((local.hour + 11) % 12 + 1)
        case "l":
            return (local.hour + 11) % 12 + 1 < 10 ? " \((local.hour + 11) % 12 + 1)" : "\((local.hour + 11) % 12 + 1)"
        case "M": return Self.padded(local.minute)
        case "S": return Self.padded(local.second)
        case "f": return Self.padded(microsecond, 6)
        case "p": return local.hour < 12 ? "AM" : "PM"
        case "P": return local.hour < 12 ? "am" : "pm"
        case "A": return Self.days[date.weekday - 1]
        case "a": return String(Self.days[date.weekday - 1].prefix(3))
        case "B": return Self.months[date.month - 1]
        case "b", "h": return String(Self.months[date.month - 1].prefix(3))
        case "j": return Self.padded(dayOfYear, 3)
        case "U": return Self.padded((dayOfYear + 6 - date.weekday % 7) / 7)
        case "W": return Self.padded((dayOfYear + 6 - (date.weekday - 1)) / 7)
        case "w": return "\(date.weekday % 7)"
        case "u": return "\(date.weekday)"
        case "z": return offsetText("")
        case "Z": return offset == nil ? "" : offset == 0 ? "UTC" : offsetText("")
        default: return try compound(kind)
        }
    }

    private func compound(_ kind: Unicode.Scalar) throws(JinjaError) -> String {
        switch kind {
        case "s": return "\(Self.floored(moment, by: 1_000_000))"
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        case "C": return Self.padded(local.date.year / 100)
        case "V", "G": return kind == "V" ? Self.padded(isoWeek.week) : Self.padded(isoWeek.year, 4)
        case "F": return try text(format: "%Y-%m-%d")
        case "T", "X": return try text(format: "%H:%M:%S")
        case "R": return try text(format: "%H:%M")
        case "D", "x": return try text(format: "%m/%d/%y")
        case "r": return try text(format: "%I:%M:%S %p")
        case "c": return try text(format: "%a %b %e %H:%M:%S %Y")
        default: throw .failed("'%\(kind)' is no part of a time")
        }
    }

    /// A week belongs to the year of its Thursday.
    private var isoWeek: (year: Int, week: Int) {
        let thursday = CivilDate(daysSince1970: local.date.daysSince1970 + 4 - local.date.weekday)
        let start = CivilDate(year: thursday.year, month: 1, day: 1)?.daysSince1970 ?? 0
        return (thursday.year, (thursday.daysSince1970 - start) / 7 + 1)
    }

    // MARK: Reading

    /// Nil where the text is not as the format says.
    static func parse(_ text: String, format: String) -> JinjaTime? {
        var reader = TimeReader(text: text)
        guard reader.read(format), reader.isAtEnd else { return nil }
        return reader.time
    }

    /// ISO 8601 as Home Assistant reads it: a date, a blank or `T`, and a time, with an offset or none.
    static func parse(iso text: String) -> JinjaTime? {
        let formats = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"]
        let bytes = Array(text.utf8)
        guard bytes.count <= 40, bytes.count >= 10 else { return nil }
        var plain = bytes
        if plain.count > 10, plain[10] == UInt8(ascii: " ") || plain[10] == UInt8(ascii: "t") {
            plain[10] = UInt8(ascii: "T")
        }
        let whole = String(decoding: plain, as: UTF8.self)
        for format in formats {
            if let time = parse(whole, format: format) ?? parse(whole, format: format + "%z") { return time }
        }
        return nil
    }

    /// Reads the parts that a format names.
    private struct TimeReader {
        private var rest: Substring.UnicodeScalarView
        private var (year, month, day) = (1900, 1, 1)
        private var (hour, minute, second, microsecond) = (0, 0, 0, 0)
        private var isAfternoon: Bool?
        private var offset: Int?
        private var dayOfYear: Int?
        private var epoch: Int?

        init(text: String) { rest = Substring(text).unicodeScalars }

        var isAtEnd: Bool { rest.isEmpty }

        var time: JinjaTime? {
            if let epoch { return JinjaTime(wall: epoch, offset: nil) }
            if let isAfternoon {
                guard 1...12 ~= hour else { return nil }
                return time(hour % 12 + (isAfternoon ? 12 : 0))
            }
            return time(hour)
        }

        private func time(_ hour: Int) -> JinjaTime? {
            guard hour < 24, minute < 60, second < 62 else { return nil }
            var date = CivilDate(year: year, month: month, day: day)
            if let dayOfYear, let first = CivilDate(year: year, month: 1, day: 1) {
                date = CivilDate(daysSince1970: first.daysSince1970 + dayOfYear - 1)
            }
            return date.flatMap {
                JinjaTime($0, second: hour * 3600 + minute * 60 + second, microsecond: microsecond, offset: offset)
            }
        }

        mutating func read(_ format: String) -> Bool {
            var pattern = format.unicodeScalars[...]
            while let scalar = pattern.popFirst() {
                if scalar.properties.isWhitespace {
                    rest = rest.drop(while: \.properties.isWhitespace)
                } else if scalar != "%" {
                    guard rest.first == scalar else { return false }
                    rest.removeFirst()
                } else {
                    guard let kind = pattern.popFirst(), read(kind) else { return false }
                }
            }
            return true
        }

        private mutating func read(_ kind: Unicode.Scalar) -> Bool {
            switch kind {
            case "Y": return number(4, 4) { $0.year = $1 }
            case "y": return number(1, 2) { $0.year = $1 + ($1 < 69 ? 2000 : 1900) }
            case "m": return number(1, 2) { $0.month = $1 }
            case "d", "e": return number(1, 2) { $0.day = $1 }
            case "j": return number(1, 3) { $0.dayOfYear = $1 }
            case "H", "I": return number(1, 2) { $0.hour = $1 }
            case "M": return number(1, 2) { $0.minute = $1 }
            case "S": return number(1, 2) { $0.second = $1 }
            case "s": return number(1, 11) { $0.epoch = $1 * 1_000_000 }
            case "f":
                let digits = rest.prefix(6).prefix { "0"..."9" ~= $0 }.count
                return number(1, 6) { reader, number in
                    reader.microsecond = (digits..<6).reduce(number) { total, _ in total * 10 }
                }
            case "z": return zone()
            case "Z": return word(["UTC", "GMT", "Z"]) != nil
            case "%": return word(["%"]) != nil
            case "p":
                guard let place = word(["am", "pm"]) else { return false }
                isAfternoon = place == 1
                return true
            case "A", "a":
                return word(JinjaTime.days) != nil || word(JinjaTime.days.map { String($0.prefix(3)) }) != nil
            case "B", "b", "h":
                let short = JinjaTime.months.map { String($0.prefix(3)) }
                guard let place = word(JinjaTime.months) ?? word(short) else { return false }
                month = place + 1
                return true
            case "T": return read("%H:%M:%S")
            case "F": return read("%Y-%m-%d")
            default: return false
            }
        }

        private mutating func number(_ least: Int, _ most: Int, _ set: (inout TimeReader, Int) -> Void) -> Bool {
            let digits = rest.prefix(most).prefix { "0"..."9" ~= $0 }
            guard digits.count >= least, let number = Int(String(digits)) else { return false }
            rest.removeFirst(digits.count)
            set(&self, number)
            return true
        }

        /// Which of some words comes next, in any case.
        private mutating func word(_ words: [String]) -> Int? {
            for (place, word) in words.enumerated() {
                let count = word.unicodeScalars.count
                if String(rest.prefix(count)).lowercased() == word.lowercased() {
                    rest.removeFirst(count)
                    return place
                }
            }
            return nil
        }

        private mutating func zone() -> Bool {
            if word(["Z"]) != nil {
                offset = 0
                return true
            }
            guard let sign = rest.first, sign == "+" || sign == "-" else { return false }
            rest.removeFirst()
            var size = 0
            guard number(2, 2, { size = $1 * 3600 }) else { return false }
            let hasColon = rest.first == ":"
            if hasColon { rest.removeFirst() }
            if !number(2, 2, { size += $1 * 60 }), hasColon { return false }
            offset = sign == "-" ? -size : size
            return true
        }
    }
}
