package import Komoku

/// One time that an event takes place: from its start until just before its end.
package struct Occurrence: Hashable, Sendable {
    package let start: Timestamp
    /// The start of an event without a length.
    package let end: Timestamp
    package let isAllDay: Bool
    /// Of the texts of its calendar; and what events of one file are told apart by.
    let text: Int32
    let event: Int32

    func isOn(at time: Timestamp) -> Bool { start <= time && time < end }

    /// By their starts; what begins at one time in the order of the file.
    static func precedes(_ left: Occurrence, _ right: Occurrence) -> Bool {
        (left.start, left.event, left.text, left.end) < (right.start, right.event, right.text, right.end)
    }

    /// Whether they are one event at one time, which two rules of it may say.
    func isSame(as other: Occurrence) -> Bool { start == other.start && text == other.text }
}
