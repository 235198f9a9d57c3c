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
}
