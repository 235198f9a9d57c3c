import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuRules

/// Rules that go on and on, and those that go over many keys.
struct EndlessRuleTests {
    private static let endless = """
        rules:
          - name: endless
            when: {change: hall.motion}
            then:
              - repeat:
                  each: "**"
                  do:
                    - repeat: {each: "**", as: other, do: [{repeat: {each: "**", as: third, do: [{increment: count}]}}]}
        """

    @Test func `a hub with a rule that goes on and on ends when it is told to`() async throws {
        let house = try await EngineHouse(Self.endless)
        await house.hub.enqueueAndWait { hub in
            for index in 0..<200 {
                if let name = KeyName("many.k\(index)") { try? hub.put(name, 1, cause: .client("test")) }
            }
            if let motion = KeyName("hall.motion") { try? hub.put(motion, true, cause: .client("test")) }
        }
        // It takes turns with others, and then nothing waits for its end: nine million rounds take minutes.
        #expect(await house.on { hub, engine in engine.standingRuns(in: hub).count } == 1)
        house.close()
    }

    @Test func `what a loop over many keys remembers is small`() async throws {
        let house = try await EngineHouse(Self.endless)
        defer { house.close() }
        await house.hub.enqueueAndWait { hub in
            for index in 0..<3000 {
                if let name = KeyName("many.k\(index)") { try? hub.put(name, 1, cause: .client("test")) }
            }
            if let motion = KeyName("hall.motion") { try? hub.put(motion, true, cause: .client("test")) }
        }
        let cells = await house.on { hub, engine in
            engine.machine.runs.ids.compactMap { engine.peek($0)?.coded.text.utf8.count }
        }
        #expect(cells.count == 1 && cells.allSatisfy { $0 < 2000 }, "\(cells)")
        #expect(await house.on { hub, engine in engine.stopRuns("endless", in: hub) } == 1)
    }

    @Test func `keys that come while a loop goes over all of them are not among them`() async throws {
        let rules = """
            rules:
              - name: copy
                when: {change: hall.motion}
                then: [{repeat: {each: "a.*", do: [{put: {"{item}.x": 1}}, {put: {"{item}x": 1}}, {increment: count}]}}]
            """
        try await EngineHouse.run(rules) { house in
            for name in ["a.b", "a.c", "a.bb"] { try await house.put(name, 1) }
            try await house.put("count", 0)
            try await house.put("hall.motion", true)
            #expect(try await house.value("count") == .number(3))
            #expect(try await house.value("a.bx") == .number(1))
            #expect(try await house.value("a.bxx") == nil)
        }
    }

    @Test func `a rule that logs without end fills no disk`() async throws {
        let rules = """
            rules:
              - {name: loud, when: {change: count}, then: [{log: "count {count}"}]}
              - {name: quiet, when: {change: hall.lux}, then: [{log: lux}]}
            """
        try await EngineHouse.run(rules) { house in
            await house.hub.enqueueAndWait { hub in
                guard let count = KeyName("count") else { return }
                for number in 0..<5000 { try? hub.put(count, .number(Double(number)), cause: .client("test")) }
            }
            try await house.put("hall.lux", 1)
            let done = house.done
            #expect(done.count { $0.hasPrefix("loud: ") } == RunRation.most)
            #expect(done.last == "quiet: lux")
            #expect(house.lines.all.count { $0.contains("a rule logs too much") } == 1)
            await house.advance(.seconds(10))
            try await house.put("count", -1)
            #expect(house.done == ["loud: count -1"])
            #expect(house.lines.all.contains { $0.contains("lines of a rule were left out") && $0.contains("4000") })
        }
    }
}

extension Hub {
    fileprivate func enqueueAndWait(_ body: @Sendable (isolated Hub) -> Void) { body(self) }
}
