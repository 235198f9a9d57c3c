import Komoku
import KomokuSystem
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
        _ note: inout Note, of index: Int = 0, attempt: Int = 1, _ fault: OutputFailure?, at seconds: Int64
    ) -> Bool {
        note.answered(index, attempt: attempt, fault, at: start + .seconds(seconds))
    }

    private func acknowledge(_ note: inout Note, at seconds: Int64) -> Bool {
        note.acknowledge(at: start + .seconds(seconds))
    }

    @Test func `attempts go on with growing pauses, for a day`() {
        var note = note()
        var times: [Int64] = []
        while note.isBusy, case let moment = note.nextMoment, times.count < 1000 {
            for index in note.step(at: moment, quietEnd: { _ in nil }) {
                times.append((moment - start).microseconds / 1_000_000)
                _ = note.answered(
                    index, attempt: note.deliveries[index].attempts, OutputFailure("no answer"), at: moment)
            }
        }
        #expect(times.prefix(13) == [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 1623, 2223])
        #expect((times.last ?? 0) > 85_000 && (times.last ?? 0) < 86_400)
        #expect(note.deliveries[0].stage == .failed && note.hasEnded(at: start + .seconds(86_400)))
    }

    @Test func `what will fail again is not tried again`() {
        var note = note()
        #expect(step(&note, at: 0) == [0])
        #expect(answer(&note, OutputFailure("no such target", isTransient: false), at: 0))
        #expect(note.hasEnded(at: start) && note.deliveries[0].reason == "no such target")
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
        #expect(note.hasEnded(at: start + .seconds(301)))
        // It can be seen for some days.
        #expect(note.nextMoment == start + Note.keeping && !note.isOver(at: start + .seconds(301)))
        #expect(note.isOver(at: note.nextMoment))
    }

    @Test func `a second target is told unless somebody acknowledges it in time`() {
        let escalation = Notification.Escalation(after: .seconds(600), target: "neighbour")
        var (told, seen) = (note(escalation), note(escalation))
        #expect(step(&told, at: 0) == [0])
        #expect(step(&seen, at: 0) == [0])
        #expect(answer(&told, nil, at: 0))
        #expect(answer(&seen, nil, at: 0))
        #expect(told.isOpen(at: start) && told.nextMoment == start + .seconds(600))
        #expect(acknowledge(&seen, at: 599))
        #expect(seen.hasEnded(at: start + .seconds(599)))
        #expect(step(&told, at: 600) == [1])
        #expect(told.deliveries[1].target == "neighbour")
        #expect(answer(&told, of: 1, nil, at: 600))
        // It is open until somebody says so, for a day.
        let day = start + .seconds(600) + Note.patience
        #expect(told.isOpen(at: day - .seconds(1)) && told.hasEnded(at: day))
        #expect(acknowledge(&told, at: 700))
        #expect(!acknowledge(&told, at: 701))
        #expect(told.hasEnded(at: start + .seconds(701)))
    }

    @Test func `what was acknowledged while it was under way is not tried again`() throws {
        var note = note()
        #expect(step(&note, at: 0) == [0])
        #expect(acknowledge(&note, at: 1))
        var again = try #require(Note(coding: note.coded, number: 7))
        #expect(answer(&note, OutputFailure("no answer"), at: 2))
        #expect(note.deliveries[0].stage == .failed && note.hasEnded(at: start + .seconds(2)))
        again.restarted(at: start + .seconds(5))
        #expect(step(&again, at: 5) == [])
        #expect(again.hasEnded(at: start + .seconds(5)))
    }

    @Test(arguments: [3600, 86_400 * 2, 86_400 * 30])
    func `nobody acknowledges it, and its quiet time is of any length: the next moment comes`(quiet: Int64) {
        var note = note(Notification.Escalation(after: .seconds(600), target: "b"), quietFor: .seconds(quiet))
        var (moments, now) = (0, start)
        while !note.isOver(at: now), moments < 100 {
            now = note.nextMoment
            moments += 1
            for index in note.step(at: now, quietEnd: { _ in nil }) {
                _ = note.answered(index, attempt: note.deliveries[index].attempts, nil, at: now)
            }
        }
        #expect(moments == 3, "its delivery, its escalation, its end")
        #expect(now >= start + .seconds(quiet))
    }

    @Test func `the oldest of those that have ended make room`() throws {
        var outbox = NoteOutbox()
        let count = Int64(NoteOutbox.maximumEnded + 1)
        for number in 1...count {
            var note = Note(
                Notification(rule: "r", target: "phone", message: "m"), number: number, run: 1, accepted: start,
                due: start)
            _ = note.step(at: start) { _ in nil }
            if number > 1 { _ = note.answered(0, attempt: 1, nil, at: start) }
            outbox.add(note)
        }
        #expect(outbox.makeRoom(at: start) == [], "the first is under way")
        _ = outbox.change(1) { note in note.answered(0, attempt: 1, nil, at: start) }
        let gone = outbox.makeRoom(at: start)
        #expect(gone == Array(1...Int64(gone.count)) && outbox.all.count == NoteOutbox.maximumEnded * 9 / 10)
    }

    @Test func `notes of any length take bounded memory`() throws {
        var outbox = NoteOutbox()
        let text = String(repeating: "x", count: 1 << 20)
        var number: Int64 = 0
        func accept() throws {
            let note = Notification(rule: "r", target: "phone", message: text, topic: "t")
            number += 1
            _ = try outbox.accept(note, number: number, run: 1, at: start, due: start)
        }
        for _ in 0..<15 { try accept() }
        #expect(throws: OutputFailure.self) { for _ in 0..<2 { try accept() } }
        // Of what was told only as much is kept as can be shown.
        for number in 1...Int64(15) {
            _ = outbox.change(number) { note in
                _ = note.step(at: start) { _ in nil }
                _ = note.answered(0, attempt: 1, nil, at: start)
                note.shorten()
            }
        }
        for _ in 0..<15 { try accept() }
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
            let acceptance = try outbox.accept(notification, number: last + 1, run: 1, at: now, due: now)
            if case .new(let number) = acceptance { last = number }
            return acceptance
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

    /// What holds the next note of its topic back, and what does not.
    @Test(arguments: [
        ("delivered", true), ("tried again", true), ("refused for good", false), ("given up after a day", false),
        ("acknowledged", false), ("refused, and escalated to somebody else", true),
    ])
    func `a note stands for others unless it reached nobody or somebody has seen it`(what: String, holds: Bool) throws {
        let escalation = Notification.Escalation(after: .seconds(10), target: "b")
        var first = note(what.contains("escalated") ? escalation : nil, quietFor: .seconds(200_000))
        _ = step(&first, at: 0)
        var now: Int64 = 1
        switch what {
        case "delivered": _ = first.answered(0, attempt: 1, nil, at: start)
        case "tried again": _ = first.answered(0, attempt: 1, OutputFailure("busy"), at: start)
        case "given up after a day":
            while first.deliveries[0].stage != .failed, now < 100_000 {
                let attempt = first.deliveries[0].attempts
                _ = first.answered(0, attempt: attempt, OutputFailure("busy"), at: start + .seconds(now))
                now += 600
                _ = step(&first, at: now)
            }
        case "acknowledged":
            _ = first.answered(0, attempt: 1, nil, at: start)
            _ = first.acknowledge(at: start)
        default:
            _ = first.answered(0, attempt: 1, OutputFailure("401", isTransient: false), at: start)
            if what.contains("escalated") {
                now = 11
                let tries = step(&first, at: now)
                #expect(tries == [1])
                _ = first.answered(1, attempt: 1, nil, at: start + .seconds(now))
            }
        }
        let next = note(quietFor: .seconds(200_000)).notification
        #expect(first.covers(next, at: start + .seconds(now)) == holds)
        var again = try #require(Note(coding: first.coded, number: 7))
        again.restarted(at: start + .seconds(now))
        #expect(again.covers(next, at: start + .seconds(now)) == holds, "after a restart")
    }

    @Test(arguments: [(false, true, false), (true, true, true), (true, false, true), (false, false, true)])
    func `an urgent note is not held back by one that may wait`(first: Bool, second: Bool, holds: Bool) {
        let earlier = note(quietFor: .seconds(60), urgent: first)
        #expect(earlier.covers(note(quietFor: .seconds(60), urgent: second).notification, at: start) == holds)
    }

    @Test func `state survives its coding, and whatever was damaged is no crash`() throws {
        var note = note(Notification.Escalation(after: .seconds(10), target: "b"), quietFor: .seconds(60), urgent: true)
        _ = step(&note, at: 0)
        _ = note.answered(0, attempt: 1, OutputFailure("x"), at: start)
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
                _ = other.answered(0, attempt: other.deliveries[0].attempts, OutputFailure("x"), at: moment)
                _ = (other.nextMoment, other.isOver(at: moment), other.hasEnded(at: moment))
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
