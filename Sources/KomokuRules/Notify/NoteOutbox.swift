internal import Komoku
internal import KomokuSystem

/// All notes that are on their way or stand for others, and the newest of those that have ended. Pure; `Notifier` keeps it in
/// cells.
package struct NoteOutbox: Sendable {
    private(set) var notes: [Int64: Note] = [:]
    /// Bytes of all their texts.
    private var size = 0

    /// The most notes that there may be, and the most bytes of their texts; further ones are refused.
    package static let maximumNotes = 10_000
    package static let maximumSize = 16 << 20
    /// The most of them that have ended; the oldest make room.
    package static let maximumEnded = 1_000

    enum Acceptance: Hashable {
        case new(Int64)
        /// It is told with an earlier one, of this number.
        case repeated(Int64)
    }

    /// Takes a note over, unless an earlier one stands for it.
    ///
    /// - Parameter due: when it may be delivered first.
    mutating func accept(
        _ notification: Notification, number: Int64, run: Int64, at now: Timestamp, due: Timestamp
    ) throws(OutputFailure) -> Acceptance {
        let earlier = notes.values.filter { $0.covers(notification, at: now) }.max { $0.number < $1.number }
        if let earlier {
            notes[earlier.number]?.repeats += 1
            return .repeated(earlier.number)
        }
        guard notes.count < Self.maximumNotes, size + notification.size <= Self.maximumSize else {
            throw OutputFailure("too many notifications wait to be delivered or acknowledged: \(notes.count)")
        }
        add(Note(notification, number: number, run: run, accepted: now, due: due))
        return .new(number)
    }

    mutating func add(_ note: Note) {
        remove(note.number)
        notes[note.number] = note
        size += note.notification.size
    }

    mutating func remove(_ number: Int64) {
        if let note = notes.removeValue(forKey: number) { size -= note.notification.size }
    }

    subscript(number: Int64) -> Note? { notes[number] }

    /// Changes a note, where it is there.
    mutating func change<Answer>(_ number: Int64, _ body: (inout Note) -> Answer) -> Answer? {
        guard let index = notes.index(forKey: number) else { return nil }
        size -= notes.values[index].notification.size
        defer { size += notes.values[index].notification.size }
        return body(&notes.values[index])
    }

    /// Lets the oldest go of those that have ended, where they are too many; a tenth more at once, because it takes some time
    /// to find them.
    ///
    /// - Returns: their numbers.
    mutating func makeRoom(at now: Timestamp) -> [Int64] {
        guard notes.count > Self.maximumEnded else { return [] }
        let ended = notes.values.filter { $0.hasEnded(at: now) }.map(\.number)
        guard ended.count > Self.maximumEnded else { return [] }
        let leaving = ended.sorted().prefix(ended.count - Self.maximumEnded * 9 / 10)
        for number in leaving { remove(number) }
        return Array(leaving)
    }

    /// Oldest first.
    package var all: [Note] { notes.values.sorted { $0.number < $1.number } }
}

extension Notification {
    /// Bytes of its texts.
    fileprivate var size: Int { message.utf8.count + topic.utf8.count + (title?.utf8.count ?? 0) }
}
