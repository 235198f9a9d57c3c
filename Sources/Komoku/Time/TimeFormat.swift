/// How a time is written, as C's `strftime` says it, with English names: `%Y-%m-%d %H:%M`. A `-` behind the `%` leaves leading
/// zeros and blanks out: `%-d`.
package struct TimeFormat: Hashable, Sendable {
    package struct Invalid: Error, Hashable, Sendable {
        /// Bytes of UTF-8 before the faulty part, and in it.
        package let offset: Int
        package let length: Int
        /// A clause: `'%q' is no part of a time`.
        package let reason: String
    }

    private enum Part: Hashable, Sendable {
        case text(String)
        case field(Unicode.Scalar, isPlain: Bool)
    }

    /// As it was written.
    package let text: String
    private let parts: [Part]

    /// - Throws: where a conversion is not known.
    package init(parsing text: String) throws(Invalid) {
        self.text = text
        var (parts, plain, offset) = ([Part](), "", 0)
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            offset += String(scalar).utf8.count
            guard scalar == "%" else {
                plain.unicodeScalars.append(scalar)
                continue
            }
            let start = offset - 1
            var isPlain = false
            if rest.first == "-" {
                rest.removeFirst()
                (isPlain, offset) = (true, offset + 1)
            }
            guard let kind = rest.popFirst() else {
                throw Invalid(offset: start, length: offset - start, reason: "a time's format ends after '%'")
            }
            offset += String(kind).utf8.count
            guard let found = Self.parts(kind, isPlain: isPlain) else {
                throw Invalid(
                    offset: start, length: offset - start, reason: "'%\(kind)' is no part of a time")
            }
            if !plain.isEmpty { parts.append(.text(plain)) }
            plain = ""
            parts += found
        }
        if !plain.isEmpty { parts.append(.text(plain)) }
        self.parts = parts
    }

    private static func parts(_ kind: Unicode.Scalar, isPlain: Bool) -> [Part]? {
        switch kind {
        case "%": [.text("%")]
        case "n": [.text("\n")]
        case "t": [.text("\t")]
        case "F": joined("Ymd", "-")
        case "T", "X": joined("HMS", ":")
        case "R": joined("HM", ":")
        case "D", "x": joined("mdy", "/")
        case "r": joined("IMS", ":") + joined(" p", "")
        case "c": joined("abe", " ") + [.text(" ")] + joined("HMS", ":") + joined(" Y", "")
        case "h": [.field("b", isPlain: isPlain)]
        default: fields.contains(kind) ? [.field(kind, isPlain: isPlain)] : nil
        }
    }

    private static let fields: Set<Unicode.Scalar> = Set("YymdeHkIlMSfpPAaBbjUWwuVGCzZs".unicodeScalars)

    private static func joined(_ kinds: String, _ separator: String) -> [Part] {
        var parts: [Part] = []
        for kind in kinds.unicodeScalars {
            if !parts.isEmpty, !separator.isEmpty { parts.append(.text(separator)) }
            parts.append(kind == " " ? .text(" ") : .field(kind, isPlain: false))
        }
        return parts
    }
}

extension TimeFormat {
    /// What a clock shows at a moment.
    package struct Moment: Sendable {
        package var local: LocalDateTime
        package var microsecond: Int
        /// Seconds east of UTC, and how the zone calls itself then; nil and empty for a time without a zone.
        package var offset: Int?
        package var abbreviation: String
        /// Whole seconds since 1970.
        package var epoch: Int

        package init(local: LocalDateTime, microsecond: Int, offset: Int?, abbreviation: String, epoch: Int) {
            (self.local, self.microsecond, self.offset) = (local, microsecond, offset)
            (self.abbreviation, self.epoch) = (abbreviation, epoch)
        }

        package init(_ time: Timestamp, in zone: Zone) {
            let microsecond = Int(time.microseconds % 1_000_000)
            self.init(
                local: zone.local(time), microsecond: microsecond < 0 ? microsecond + 1_000_000 : microsecond,
                offset: zone.offset(at: time), abbreviation: zone.abbreviation(at: time),
                epoch: Int(time.microseconds).floored(by: 1_000_000))
        }
    }

    package func text(of moment: Moment) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let some): text += some
            case .field(let kind, let isPlain):
                let field = moment.field(kind)
                guard isPlain, !field.isEmpty else {
                    text += field
                    continue
                }
                let shown = field.drop { $0 == "0" || $0 == " " }
                text += shown.isEmpty ? "0" : shown
            }
        }
        return text
    }
}

extension TimeFormat.Moment {
    private static let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    fileprivate func field(_ kind: Unicode.Scalar) -> String {
        switch kind {
        case "H": Self.padded(local.hour)
        case "k": Self.padded(local.hour, with: " ")
        case "I": Self.padded(hourOfHalf)
        case "l": Self.padded(hourOfHalf, with: " ")
        case "M": Self.padded(local.minute)
        case "S": Self.padded(local.second)
        case "f": Self.padded(microsecond, 6)
        case "p": local.hour < 12 ? "AM" : "PM"
        case "P": local.hour < 12 ? "am" : "pm"
        case "s": String(epoch)
        case "z": offset.map { Self.offset($0) } ?? ""
        case "Z": abbreviation
        default: dateField(kind, local.date)
        }
    }

    private func dateField(_ kind: Unicode.Scalar, _ date: CivilDate) -> String {
        switch kind {
        case "Y": Self.padded(date.year, 4)
        case "y": Self.padded(date.year.remainder(by: 100))
        case "C": Self.padded(date.year.floored(by: 100))
        case "m": Self.padded(date.month)
        case "d": Self.padded(date.day)
        case "e": Self.padded(date.day, with: " ")
        case "A": Self.days[date.weekday - 1]
        case "a": String(Self.days[date.weekday - 1].prefix(3))
        case "B": Self.months[date.month - 1]
        case "b": String(Self.months[date.month - 1].prefix(3))
        case "j": Self.padded(date.dayOfYear, 3)
        case "U": Self.padded((date.dayOfYear + 6 - date.weekday % 7) / 7)
        case "W": Self.padded((date.dayOfYear + 6 - (date.weekday - 1)) / 7)
        case "w": String(date.weekday % 7)
        case "u": String(date.weekday)
        case "V": Self.padded(date.isoWeek.week)
        case "G": Self.padded(date.isoWeek.year, 4)
        default: ""
        }
    }

    private var hourOfHalf: Int { (local.hour + 11) % 12 + 1 }

    /// `+0130`; with seconds where there are any.
    private static func offset(_ seconds: Int) -> String {
        let size = abs(seconds)
        let rest = size % 60 == 0 ? "" : padded(size % 60)
        return (seconds < 0 ? "-" : "+") + padded(size / 3600) + padded(size / 60 % 60) + rest
    }

    private static func padded(_ number: Int, _ width: Int = 2, with blank: String = "0") -> String {
        let digits = String(abs(number))
        let padding = String(repeating: blank, count: max(0, width - digits.utf8.count))
        return (number < 0 ? "-" : "") + padding + digits
    }
}

extension CivilDate {
    /// 1 to 366.
    fileprivate var dayOfYear: Int { daysSince1970 - CivilDate.firstDay(ofMonth: 1, year: year) + 1 }

    /// A week belongs to the year of its Thursday.
    fileprivate var isoWeek: (year: Int, week: Int) {
        let thursday = CivilDate(daysSince1970: daysSince1970 + 4 - weekday)
        return (thursday.year, (thursday.daysSince1970 - CivilDate.firstDay(ofMonth: 1, year: thursday.year)) / 7 + 1)
    }
}
