import Komoku
import KomokuHub

extension RuleTestRun {
    mutating func check(_ expectation: RuleTest.Expectation, at position: SourcePosition) async throws {
        for assignment in expectation.keys { try await check(assignment) }
        check(expectation.publishes, .publication, "publishes", at: position)
        check(expectation.http, .request, "http", at: position)
        check(expectation.programs, .program, "programs", at: position)
        check(expectation.notifications, .note, "notifications", at: position)
        check(expectation.logs, .log, "logs", at: position)
        check(expectation.runs, .run, "runs", at: position)
        seen = house.recorder.count
    }

    private mutating func check(_ assignment: RuleTest.Assignment) async throws {
        let (key, wanted) = (assignment.key, assignment.value)
        let found = try await house.perform { hub, _ -> (value: Value?, fits: Bool)? in
            guard let info = hub.key(key) else { return nil }
            guard let value = info.last?.value else { return (nil, wanted == .null) }
            return (value, value == (try? Value(casting: wanted, to: info.type, options: info.options)))
        }
        guard let found else {
            let question = try await question(for: key).map { "; \($0)" } ?? ""
            fail(at: assignment.position, "expected \(key) to be \(wanted.text); there is no such key\(question)")
            return
        }
        if found.fits { return }
        let text = found.value.map { "it is \($0.json.text)\(origin(of: key, $0))" } ?? "it is unknown"
        fail(at: assignment.position, "expected \(key) to be \(wanted.text); \(text)")
    }

    /// Compares everything of a kind since the expectation before.
    private mutating func check(
        _ expected: [RuleTest.Fields]?, _ kind: RecordedEffect.Kind, _ word: String, at position: SourcePosition
    ) {
        guard let expected else { return }
        let found = house.recorder.entries(from: seen).filter { $0.effect.kind == kind }.map(\.effect)
        for (fields, effect) in zip(expected, found) {
            let members = effect.members
            for field in fields.members {
                let actual = members.first { $0.name.utf8.elementsEqual(field.name.utf8) }?.value ?? .null
                if !Self.equal(field.value, actual) {
                    fail(
                        at: fields.position,
                        "expected '\(field.name)' of this to be \(field.value.text); it is \(actual.text)\n  \(effect)")
                }
            }
        }
        if expected.count == found.count { return }
        let list = found.map { "\n  \($0)" }.joined()
        let place = expected.count > found.count ? expected[found.count].position : position
        let count = found.isEmpty ? "none" : "\(found.count)"
        fail(
            at: place,
            "expected \(expected.count) item\(expected.count == 1 ? "" : "s") of '\(word)', there \(found.count == 1 ? "is" : "are") \(count)\(list)"
        )
    }

    /// A text stands for what looks like it too: a payload `21` is the text "21".
    private static func equal(_ expected: JSON, _ actual: JSON) -> Bool {
        if expected == actual { return true }
        guard case .string(let text) = actual else { return false }
        switch expected {
        case .string, .null: return false
        case .array, .object:
            return (try? JSON(parsing: text)) == expected
        default: return text.utf8.elementsEqual(expected.text.utf8)
        }
    }

    /// No rule has done anything since the expectation before; that it decided not to is nothing.
    mutating func checkNothing(at position: SourcePosition) {
        let found = house.recorder.entries(from: seen).map(\.effect).filter { $0.kind != .run }
        seen = house.recorder.count
        if found.isEmpty { return }
        fail(at: position, "expected nothing to happen" + found.map { "\n  \($0)" }.joined())
    }
}
