import Komoku
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuHub

/// What the hub remembers of names that keys had.
@Suite struct FormerNameTests {
    @Test func `a rule that puts to a former name is refused, and a client makes a new key`() async throws {
        try await TestHub.run { test in
            try await test.put("hall.temp", 20)
            let (old, new) = (try test.name("hall.temp"), try test.name("hall_temp.value"))
            try await test.hub.rename(old, to: new)
            await #expect(throws: CommandError.invalidKey) {
                try await test.hub.put(old, 21, cause: .rule(name: "r", run: 1, depth: 1))
            }
            #expect(await test.hub.key(old) == nil)
            #expect(await test.hub.putFault(old, 21) == "hall.temp was renamed to hall_temp.value")
            // Whoever writes the name by hand now may mean it.
            try await test.put("hall.temp", 22)
            #expect(await test.hub.formerName(old) == nil)
            try await test.hub.put(old, 23, cause: .rule(name: "r", run: 1, depth: 1))
            #expect(try await test.last("hall.temp") == .number(23))
        }
    }

    @Test func `of very many former names the oldest are forgotten`() async throws {
        try await TestHub.run { test in
            let names = try (0..<10_003).map { (old: try test.name("old\($0)"), new: try test.name("new\($0)")) }
            await test.hub.noteMoves(names)
            #expect(await test.hub.formerNames.count == 10_000)
            await test.clock.advance(by: .seconds(5), for: test.hub)
            await test.hub.noteMoves([(old: try test.name("last"), new: try test.name("newest"))])
            #expect(await test.hub.formerNames.count == 10_000)
            #expect(await test.hub.formerNames[try test.name("last")] != nil)
        }
    }

    @Test func `a former name leads to what the key is called now`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1)
            let names = try ["a", "b", "c"].map(test.name)
            try await test.hub.rename(names[0], to: names[1])
            try await test.hub.rename(names[1], to: names[2])
            #expect(await test.hub.formerName(names[0])?.name == names[2])
            #expect(await test.hub.formerName(names[1])?.name == names[2])
            // Back again: it is no former name any more.
            try await test.hub.rename(names[2], to: names[0])
            #expect(await test.hub.formerName(names[0]) == nil)
            #expect(await test.hub.formerName(names[2])?.name == names[0])
            #expect(await test.hub.keyCatalogue().formerNames.keys.sorted() == [names[1], names[2]])
            try await test.hub.delete(names[0])
            #expect(await test.hub.keyCatalogue().formerNames.isEmpty)
        }
    }
}
