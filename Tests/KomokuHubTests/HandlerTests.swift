import Komoku
import KomokuHub
import Synchronization
import Testing

@Suite struct HandlerTests {
    /// Notes each change and, on some, puts to other keys.
    final class Recorder: ChangeHandler {
        let seen = Mutex<[String]>([])
        let puts: [String: (key: String, value: JSON)]

        init(puts: [String: (key: String, value: JSON)] = [:]) {
            self.puts = puts
        }

        func handle(_ change: Change, in hub: isolated Hub) {
            seen.withLock { $0.append("\(change.key)=\(change.value)") }
            guard let put = puts[change.key.text], let name = KeyName(put.key) else { return }
            try? hub.put(name, put.value, cause: .rule(name: "r", run: 1, depth: change.cause.depth + 1))
        }
    }

    @Test func `handlers see changes one after another, those they make last`() async throws {
        try await TestHub.run { test in
            let first = Recorder(puts: ["a": ("b", 1)])
            let second = Recorder()
            await test.hub.addHandler(first, keys: [.all])
            await test.hub.addHandler(second, keys: [.all])
            try await test.put("a", 1)
            #expect(first.seen.withLock { $0 } == ["a=1", "b=1"])
            #expect(second.seen.withLock { $0 } == ["a=1", "b=1"])
            await test.hub.removeHandler(first)
            try await test.put("a", 2)
            #expect(second.seen.withLock { $0 } == ["a=1", "b=1", "a=2"])
        }
    }

    @Test func `a handler of every put sees equal values too`() async throws {
        try await TestHub.run { test in
            let every = Recorder()
            let changes = Recorder()
            await test.hub.addHandler(every, keys: [.all], every: true)
            await test.hub.addHandler(changes, keys: [.all])
            try await test.put("a", 1)
            try await test.put("a", 1)
            #expect(every.seen.withLock { $0.count } == 2)
            #expect(changes.seen.withLock { $0.count } == 1)
        }
    }

    /// Is concerned by some keys only, and notes what it is told.
    final class Choosy: ChangeHandler {
        let seen = Mutex<[String]>([])
        let wanted = Mutex<Set<String>>(["a"])
        let asked = Mutex<[String]>([])

        func handle(_ change: Change, in hub: isolated Hub) { note("\(change.key)=\(change.value)") }

        func handle(deleted key: KeyName, in hub: isolated Hub) {
            note("\(key) deleted, \(hub.last(key)?.value.map { "\($0)" } ?? "no value")")
        }

        func isConcerned(by key: KeyName, _ type: KeyType, in hub: isolated Hub) -> Bool {
            asked.withLock { $0.append("\(key) \(type.rawValue)") }
            return wanted.withLock { $0.contains(key.text) }
        }

        private func note(_ text: String) { seen.withLock { $0.append(text) } }
    }

    @Test func `a handler is told of what concerns it, and asked once for each key`() async throws {
        try await TestHub.run { test in
            let handler = Choosy()
            await test.hub.addHandler(handler, keys: [.all])
            for number in 1...3 {
                try await test.put("a", .number(Double(number)))
                try await test.put("b", .bool(number % 2 == 0))
            }
            #expect(handler.asked.withLock { $0 } == ["a numeric", "b boolean"])
            #expect(handler.seen.withLock { $0 } == ["a=1", "a=2", "a=3"])
            handler.wanted.withLock { $0 = ["b"] }
            let second = try #require(KeyName("b"))
            await test.hub.forgetWatchers(of: second)
            try await test.put("b", true)
            try await test.put("a", 4)
            #expect(handler.seen.withLock { $0.suffix(2) } == ["b=true", "a=4"])
            await test.hub.forgetWatchers(of: nil)
            try await test.put("a", 5)
            #expect(handler.seen.withLock { $0.last } == "a=4")
        }
    }

    @Test func `a handler is told of a key that is deleted, when it has no value any more`() async throws {
        try await TestHub.run { test in
            let handler = Choosy()
            await test.hub.addHandler(handler, keys: [.all])
            try await test.put("a", 1)
            try await test.put("b", true)
            for name in ["a", "b"] { try await test.hub.delete(try #require(KeyName(name))) }
            #expect(handler.seen.withLock { $0 } == ["a=1", "a deleted, no value"])
        }
    }
}
