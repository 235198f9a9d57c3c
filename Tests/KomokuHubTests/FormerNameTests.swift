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

    @Test func `a former name leads past a change of type to the key that has the name now`() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "hall", "t"))
            await house.observe("a", "t", 1)
            let names = try ["hall.t", "hall.temp", "hall.temp_was_numeric"].map(house.test.name)
            try await house.hub.rename(names[0], to: names[1])
            await house.apply(DeviceDescription("a", "hall", with: [PropertyDescription("t", .string)]))
            for _ in 0..<2 {
                #expect(await house.names() == ["hall.temp", "hall.temp_was_numeric"])
                #expect(await house.hub.formerName(names[0])?.name == names[1])
                #expect(await house.hub.formerName(names[1]) == nil)
                #expect(await house.hub.formerNames.keys.sorted() == [names[0]])
                try house.restart()
            }
            // Who renames what was left behind means it.
            try await house.hub.rename(names[2], to: house.test.name("attic"))
            #expect(await house.hub.formerName(names[2])?.name.text == "attic")
            #expect(await house.hub.formerName(names[0])?.name == names[1])
        }
    }

    @Test func `another name and another type at once lead to the new key of the property`() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", "x"))
            await house.observe("a", "x", 1)
            await house.apply(DeviceDescription("a", "b", with: [PropertyDescription("x", .string)]))
            #expect(await house.names() == ["b.x", "b.x_was_numeric"])
            #expect(await house.former("a.x")?.name.text == "b.x")
            await house.apply(DeviceDescription("a", "c", with: [PropertyDescription("x", .numeric)]))
            #expect(await house.names() == ["b.x_was_numeric", "c.x", "c.x_was_string"])
            #expect(await house.former("a.x")?.name.text == "c.x")
            #expect(await house.former("b.x")?.name.text == "c.x")
        }
    }

    @Test func `without room for a key of another type its name is no former one`() async throws {
        try await DeviceHouse.run {
            $0.maximumKeys = 1
        } _: { house in
            await house.apply(DeviceDescription("a", "a", "x"))
            await house.apply(DeviceDescription("a", "a", with: [PropertyDescription("x", .string)]))
            #expect(await house.names() == ["a.x_was_numeric"])
            #expect(await house.former("a.x") == nil)
        }
    }
}
