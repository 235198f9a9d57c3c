import Komoku
import KomokuTesting
import Testing

@testable import KomokuRules

struct NoteTests {
    private let start = Timestamp(microseconds: 1_700_000_000_000_000)

    private func note(_ escalation: Notification.Escalation? = nil, quietFor: Duration? = nil, urgent: Bool = false)
        -> Note
    {
        let notification = Notification(
            rule: "leak", target: "phone", title: "Water", message: "in the cellar", topic: "leak", quietFor: quietFor,
            isUrgent: urgent, escalation: escalation)
        return Note(notification, number: 7, run: 3, accepted: start, due: start)
    }

    private func step(_ note: inout Note, at seconds: Int64) -> [Int] {
        note.step(at: start + .seconds(seconds)) { _ in nil }
    }

    private func answer(
        _ note: inout Note, of index: Int = 0, attempt: Int = 1, _ fault: OutputFault?, at seconds: Int64
    ) -> Bool {
        note.answered(index, attempt: attempt, fault, at: start + .seconds(seconds))
    }

    private func acknowledge(_ note: inout Note, at seconds: Int64) -> Bool {
        note.acknowledge(at: start + .seconds(seconds))
    }

    @Test func `attempts go on with growing pauses, for a day`() {
        var note = note()
        var times: [Int64] = []
        while let moment = note.nextMoment, !note.isOver(at: moment), times.count < 1000 {
            for index in note.step(at: moment, quietEnd: { _ in nil }) {
                times.append((moment - start).microseconds / 1_000_000)
                _ = note.answered(
                    index, attempt: note.deliveries[index].attempts, OutputFault("no answer"), at: moment)
            }
        }
        #expect(times.prefix(13) == [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1623, 2223])
        #expect((times.last ?? 0) > 85_000 && (times.last ?? 0) < 86_400)
        #expect(note.deliveries[0].stage == .failed && !note.isOpen)
    }

    @Test func `what will fail again is not tried again`() {
        var note = note()
        #expect(step(&note, at: 0) == [0])
        #expect(answer(&note, OutputFault("no such target", isTransient: false), at: 0))
        #expect(note.isOver(at: start) && note.deliveries[0].reason == "no such target")
    }

    @Test func `an attempt without an answer fails after a while, and its late answer counts for nothing`() {
        var note = note()
        #expect(step(&note, at: 0) == [0])
        #expect(step(&note, at: 299) == [])
        #expect(step(&note, at: 300) == [])
        #expect(note.deliveries[0].stage == .waiting)
        #expect(!answer(&note, attempt: 1, nil, at: 300))
        #expect(step(&note, at: 301) == [0])
        #expect(!answer(&note, attempt: 1, nil, at: 301))
        #expect(answer(&note, attempt: 2, nil, at: 301))
        #expect(note.isOver(at: start + .seconds(301)))
    }

    @Test func `a second target is told unless somebody acknowledges it in time`() {
        let escalation = Notification.Escalation(after: .seconds(600), target: "neighbour")
        var (told, seen) = (note(escalation), note(escalation))
        #expect(step(&told, at: 0) == [0])
        #expect(step(&seen, at: 0) == [0])
        #expect(answer(&told, nil, at: 0))
        #expect(answer(&seen, nil, at: 0))
        #expect(told.isOpen && told.nextMoment == start + .seconds(600))
        #expect(acknowledge(&seen, at: 599))
        #expect(!seen.isOpen && seen.isOver(at: start + .seconds(599)))
        #expect(step(&told, at: 600) == [1])
        #expect(told.deliveries[1].target == "neighbour")
        #expect(answer(&told, of: 1, nil, at: 600))
        // It is open until somebody says so, for a day.
        #expect(told.isOpen && !told.isOver(at: start + .seconds(600)))
        #expect(told.isOver(at: start + Note.patience))
        #expect(acknowledge(&told, at: 700))
        #expect(!acknowledge(&told, at: 701))
    }

    @Test func `one that is not urgent waits for the end of quiet hours`() {
        var (quiet, urgent) = (note(), note(urgent: true))
        let end = start + .seconds(3600)
        let quietEnd: (Timestamp) -> Timestamp? = { $0 < end ? end : nil }
        let first = quiet.step(at: start, quietEnd: quietEnd)
        #expect(first == [] && quiet.nextMoment == end)
        let atOnce = urgent.step(at: start, quietEnd: quietEnd)
        let later = quiet.step(at: end, quietEnd: quietEnd)
        #expect(atOnce == [0] && later == [0])
    }

    @Test func `one stands for others of its topic and target for a while`() throws {
        var outbox = NoteOutbox()
        var last: Int64 = 0
        func accept(_ topic: String, at seconds: Int64, target: String = "phone") throws -> NoteOutbox.Acceptance {
            let notification = Notification(
                rule: "r", target: target, message: "m", topic: topic, quietFor: .seconds(60))
            let now = start + .seconds(seconds)
            return try outbox.accept(
                notification,
                number: {
                    last += 1
                    return last
                }(), run: 1, at: now, due: now)
        }
        #expect(try accept("a", at: 0) == .new(1))
        #expect(try accept("a", at: 59) == .repeated(1))
        #expect(try accept("b", at: 59) == .new(2))
        #expect(try accept("a", at: 59, target: "hall") == .new(3))
        // A clock that was set back by a day does not silence it for a day.
        #expect(try accept("a", at: -86_400) == .new(4))
        #expect(try accept("a", at: 60) == .new(5))
        #expect(outbox[1]?.repeats == 1)
    }

    @Test func `state survives its coding, and whatever was damaged is no crash`() throws {
        var note = note(Notification.Escalation(after: .seconds(10), target: "b"), quietFor: .seconds(60), urgent: true)
        _ = step(&note, at: 0)
        _ = note.answered(0, attempt: 1, OutputFault("x"), at: start)
        _ = step(&note, at: 20)
        _ = note.acknowledge(at: start + .seconds(21))
        note.repeats = 2
        #expect(Note(coding: note.coded, number: 7) == note)
        var generator = SplitMix(seed: 5)
        let bytes = note.coded.bytes
        for _ in 0..<5000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
                    in: 32...126, using: &generator)
            }
            guard let json = try? JSON(parsing: damaged), var other = Note(coding: json, number: 7) else { continue }
            other.restarted(at: start)
            for moment in [Timestamp.distantPast, start, .distantFuture] {
                _ = other.step(at: moment) { _ in nil }
                _ = other.answered(0, attempt: other.deliveries[0].attempts, OutputFault("x"), at: moment)
                _ = (other.nextMoment, other.isOver(at: moment), other.isOpen)
            }
        }
    }

    @Test func `after a restart what was under way is tried again`() throws {
        var note = note()
        _ = step(&note, at: 0)
        var again = try #require(Note(coding: note.coded, number: 7))
        again.restarted(at: start + .seconds(5))
        #expect(step(&again, at: 5) == [0])
    }

    @Test(arguments: [
        ("22:30", "07:00"), ("23:59", "07:00"), ("00:00", "07:00"), ("06:59", "07:00"),
        ("07:00", nil), ("12:00", nil), ("21:59", nil), ("22:00", "07:00"),
    ])
    func `quiet hours go over midnight`(time: String, end: String?) {
        let hours = QuietHours(from: 22 * 3600, to: 7 * 3600)
        let parts = time.split(separator: ":").compactMap { Int64($0) }
        let day = Timestamp(microseconds: 19_675 * 86_400_000_000)
        let now = day + .seconds(parts[0] * 3600 + parts[1] * 60)
        let expected = day + .seconds(7 * 3600) + (parts[0] < 7 ? .zero : .seconds(86_400))
        #expect(hours.end(at: now, in: .utc) == (end == nil ? nil : expected))
        #expect(QuietHours(from: 0, to: 3600).end(at: day, in: .utc) == day + .seconds(3600))
    }
}
