internal import Komoku

/// Times by format: Python's `strftime` and `strptime` in the C locale.
extension JinjaTime {
    static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// - Throws: where a directive is not known.
    func text(format: String) throws(JinjaError) -> String {
        let parsed: TimeFormat
        do throws(TimeFormat.Invalid) { parsed = try TimeFormat(parsing: format) } catch {
            throw .failed(error.reason)
        }
        let text = parsed.text(
            of: TimeFormat.Moment(
                local: local, microsecond: microsecond, offset: offset,
                abbreviation: offset == nil ? "" : offset == 0 ? "UTC" : offsetText(""),
                epoch: Self.floored(moment, by: 1_000_000)))
        if text.utf8.count > Value.maximumStringLength { throw .failed(JinjaFunction.tooLong) }
        return text
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
                guard let index = word(["am", "pm"]) else { return false }
                isAfternoon = index == 1
                return true
            case "A", "a":
                return word(JinjaTime.days) != nil || word(JinjaTime.days.map { String($0.prefix(3)) }) != nil
            case "B", "b", "h":
                let short = JinjaTime.months.map { String($0.prefix(3)) }
                guard let index = word(JinjaTime.months) ?? word(short) else { return false }
                month = index + 1
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
            for (index, word) in words.enumerated() {
                let count = word.unicodeScalars.count
                if String(rest.prefix(count)).lowercased() == word.lowercased() {
                    rest.removeFirst(count)
                    return index
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
