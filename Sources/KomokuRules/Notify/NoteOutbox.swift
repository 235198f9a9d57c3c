internal import Komoku

/// All notes that are on their way or stand for others. Pure; `Notifier` keeps it in cells.
package struct NoteOutbox: Sendable {
    private(set) var notes: [Int64: Note] = [:]

    /// The most notes that there may be; further ones are refused.
    package static let maximumNotes = 10_000

    enum Acceptance: Hashable {
        case new(Int64)
        /// It is told with an earlier one, of this number.
        case repeated(Int64)
    }

    /// Takes a note over, unless an earlier one stands for it.
    ///
    /// - Parameter due: when it may be delivered first.
    mutating func accept(
        _ notification: Notification, number: @autoclosure () -> Int64, run: Int64, at now: Timestamp, due: Timestamp
    ) throws(OutputFault) -> Acceptance {
        let earlier = notes.values.filter { $0.covers(notification, at: now) }.max { $0.number < $1.number }
        if let earlier {
            notes[earlier.number]?.repeats += 1
            return .repeated(earlier.number)
        }
        guard notes.count < Self.maximumNotes else {
            throw OutputFault("\(Self.maximumNotes) notes wait to be delivered or acknowledged")
        }
        let number = number()
        notes[number] = Note(notification, number: number, run: run, accepted: now, due: due)
        return .new(number)
    }

    mutating func add(_ note: Note) { notes[note.number] = note }

    mutating func remove(_ number: Int64) { notes[number] = nil }

    subscript(number: Int64) -> Note? { notes[number] }

    /// Changes a note, where it is there.
    mutating func change<Answer>(_ number: Int64, _ body: (inout Note) -> Answer) -> Answer? {
        guard let index = notes.index(forKey: number) else { return nil }
        return body(&notes.values[index])
    }

    /// Those that wait for delivery or for somebody to acknowledge them, oldest first.
    package var open: [Note] { notes.values.filter(\.isOpen).sorted { $0.number < $1.number } }
}
