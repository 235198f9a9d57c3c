import Foundation
import Komoku
import KomokuCalendar
import KomokuStore

@testable import KomokuCalendar

/// What other programs make of rules and calendars; `Fixtures/golden.py` writes it.
enum Golden {
    static func lines(_ name: String, file: String = #filePath) throws -> [Substring] {
        let url = URL(filePath: file).deletingLastPathComponent().appending(path: "Fixtures/\(name)")
        return String(decoding: try Data(contentsOf: url), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    static let zones = ZoneFiles()

    static func zone(_ name: String) -> Zone { (try? zones.zone(named: name)) ?? .utc }

    static func calendar(_ text: String, zone name: String = "Europe/Berlin") -> EventCalendar {
        EventCalendar(Array(text.utf8), zone: zone(name)) { try? zones.zone(named: $0) }
    }

    /// Events between the lines that every file has.
    static func events(_ text: String, zone name: String = "Europe/Berlin") -> EventCalendar {
        calendar("BEGIN:VCALENDAR\n\(text)\nEND:VCALENDAR\n", zone: name)
    }

    static func time(_ text: String) -> Timestamp {
        Timestamp(dated: text) ?? .distantPast
    }

    static func utc(_ time: Timestamp) -> String {
        let local = Zone.utc.local(time)
        let digits = local.description.filter(\.isNumber)
        return "\(digits.prefix(8))T\(digits.suffix(6))Z"
    }
}

extension EventCalendar {
    /// `20261224T170000Z 20261224T180000Z summary`, of all that is on in a range.
    func written(from start: Timestamp, to end: Timestamp, limit: Int = 5000) -> [String] {
        occurrences(from: start, to: end, limit: limit).map {
            "\(Golden.utc($0.start)) \(Golden.utc($0.end)) \(text(of: $0).summary ?? "")"
        }
    }
}
