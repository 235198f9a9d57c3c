internal import Komoku

/// What clocks of a zone show, by the letters of strftime(3): Y m d H M S a Z, and z as ISO 8601 writes it.
enum ClockText {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    static func text(_ time: Timestamp, _ format: String, in zone: Zone) -> String {
        let local = zone.local(time)
        var text = ""
        var isLetter = false
        for character in format {
            if isLetter {
                text += part(character, local, time, zone)
                isLetter = false
            } else if character == "%" {
                isLetter = true
            } else {
                text.append(character)
            }
        }
        return text
    }

    private static func part(_ letter: Character, _ local: LocalDateTime, _ time: Timestamp, _ zone: Zone) -> String {
        switch letter {
        case "Y": padded(local.date.year, 4)
        case "m": padded(local.date.month)
        case "d": padded(local.date.day)
        case "H": padded(local.hour)
        case "M": padded(local.minute)
        case "S": padded(local.second)
        // 1 January 1970 was a Thursday.
        case "a": weekdays[((local.daysSince1970 + 3) % 7 + 7) % 7]
        case "Z": zone.abbreviation(at: time)
        case "z": offset(zone.offset(at: time))
        default: String(letter)
        }
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number.magnitude)
        return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// `+01:00`, `Z`.
    private static func offset(_ seconds: Int) -> String {
        if seconds == 0 { return "Z" }
        let minutes = seconds.magnitude / 60
        return (seconds < 0 ? "-" : "+") + padded(Int(minutes / 60)) + ":" + padded(Int(minutes % 60))
    }
}
