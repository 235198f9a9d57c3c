internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// A point as a line of a file gives it.
struct ImportedPoint: Hashable {
    var key: KeyName
    var point: HistoryPoint
}

/// Why a line is no point.
struct BrokenLine: Error, Hashable {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}

/// Reads points out of lines.
enum PointLine {
    /// `{"key","time","value"}`; further members are ignored.
    static func json(_ bytes: [UInt8]) throws(BrokenLine) -> ImportedPoint {
        let json: JSON
        do throws(JSON.Invalid) {
            json = try JSON(parsing: bytes)
        } catch {
            throw BrokenLine(error.description)
        }
        guard json.object != nil else { throw BrokenLine(#"it is no object {"key","time","value"}"#) }
        guard let key = json["key"]?.string else { throw BrokenLine("'key' is missing") }
        guard let time = json["time"] else { throw BrokenLine("'time' is missing") }
        guard let value = json["value"] else { throw BrokenLine("'value' is missing") }
        return ImportedPoint(
            key: try name(key), point: HistoryPoint(time: try self.time(time), value: try scalar(value)))
    }

    static func name(_ text: String) throws(BrokenLine) -> KeyName {
        do throws(KeyName.Invalid) {
            return try KeyName(validating: text)
        } catch {
            throw BrokenLine(error.description.printable)
        }
    }

    static func scalar(_ value: JSON) throws(BrokenLine) -> JSON {
        switch value {
        case .array, .object: throw BrokenLine("a value is a number, a text, true or false; this is none of them")
        case .string(let text) where text.utf8.count > Value.maximumStringLength:
            throw BrokenLine("the text is longer than 64 KiB")
        default: return value
        }
    }

    /// Seconds since 1970, or a date.
    static func time(_ json: JSON) throws(BrokenLine) -> Timestamp {
        switch json {
        case .number(let number):
            guard let time = Timestamp(seconds: number) else {
                throw BrokenLine("the time is beyond the years -9999 to 9999")
            }
            return time
        case .string(let text): return try time(text)
        default: throw BrokenLine("the time is neither a number of seconds nor a text")
        }
    }

    static func time(_ text: String) throws(BrokenLine) -> Timestamp {
        if let number = DecimalNumber.parse(Array(text.utf8)) { return try time(.number(number)) }
        guard let time = WrittenTime(date: text)?.moment(in: LocalTime.zone) else {
            throw BrokenLine(
                "'\(text.prefix(40).description.printable)' is no time; it takes seconds since 1970 or ISO 8601")
        }
        return time
    }
}
