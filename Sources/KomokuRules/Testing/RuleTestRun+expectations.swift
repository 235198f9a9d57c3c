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
        let found = try await house.perform { hub, _ -> String? in
            guard let info = hub.key(key) else { return "there is no such key" }
            guard let value = info.last?.value else { return wanted == .null ? nil : "it is unknown" }
            let expected = try? Value(casting: wanted, to: info.type, options: info.options)
            return expected == value ? nil : "it is \(value)"
        }
        if let found { fail(at: assignment.position, "expected \(key) to be \(wanted.text); \(found)") }
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
                        "expected '\(field.name)' of this to be \(field.value.text); it is \(actual.text)")
                }
            }
        }
        if expected.count == found.count { return }
        let list = found.map { "\n  \($0)" }.joined()
        let place = expected.count > found.count ? expected[found.count].position : position
        fail(at: place, "expected \(expected.count) \(word), there are \(found.count)\(list)")
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
