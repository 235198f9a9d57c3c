import Glibc
import Komoku
import KomokuTesting
import Testing

/// What rules have in hand outlives a kill, and every reload that leaves the rule alone.
@Suite struct RuleDurabilityTests {
    private static func lamp(_ beside: String = "one") -> String {
        """
        keys:
          hall.motion: {type: boolean}
          hall.lamp: {type: boolean}
          other: {type: numeric}
        rules:
          - name: lamp
            when: {change: hall.motion, to: true}
            then:
              - put: {hall.lamp: true}
              - wait: 3s
              - put: {hall.lamp: false}
          - name: beside
            when: {change: other}
            then: [{log: \(beside)}]
        """
    }

    /// The lamp went off three seconds after the motion, never before, and late only as a slow machine is.
    private func expectItsTime(_ house: House) async throws {
        try await house.wait(for: "hall.lamp", false)
        let motion = try #require(try await house.history("hall.motion").last?.array?.first?.number)
        let lamp = try await house.history("hall.lamp").compactMap(\.array)
        #expect(lamp.compactMap(\.last) == [true, false])
        let took = try #require(lamp.last?.first?.number) - motion
        #expect(took > 2.999_9 && took < 20, "\(took) s")
        let runs = try await house.runs(of: "lamp")
        #expect(runs.map { $0["outcome"] } == ["done"])
    }

    @Test func `a run in the middle of a wait outlives a kill and ends at its time`() async throws {
        let house = try House(Self.lamp())
        defer { house.remove() }
        let first = try await house.start(subscribed: false)
        try await house.put("hall.motion", "true")
        first.end(9)
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await expectItsTime(house)
    }

    @Test func `a message that waits for the broker outlives a stop of the hub`() async throws {
        let house = try House(
            """
            rules:
              - name: tell
                when: {emit: tell}
                then: [{publish: {topic: out/tell, payload: told, qos: 1}, timeout: 5m}, {log: sent}]
            """)
        defer { house.remove() }
        house.broker.stop()
        let first = try await house.start(subscribed: false)
        try await first.line("cannot be reached")
        #expect(try await house.komoku("emit", "tell").code == 0)
        first.end()
        #expect(!first.lines.elements.contains { $0.contains("rule failed") })
        try house.broker.start()
        let user = try await TestMQTTClient(port: house.broker.port)
        try await user.subscribe(to: "out/#")
        let hub = try await house.start()
        defer { hub.end() }
        #expect(try await user.message("out/tell").payload == "told")
        _ = try await house.run(of: "tell", "done")
    }

    @Test func `a run in the middle of a wait outlives reloads that change another rule`() async throws {
        let house = try House(Self.lamp())
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.put("hall.motion", "true")
        try house.write(Self.lamp("two"))
        #expect(try await house.komoku("reload").code == 0)
        try house.write(Self.lamp("three"))
        hub.signal(SIGHUP)
        try await hub.lines.wait(within: .seconds(30)) { $0.count { $0.contains("msg=reloaded") } >= 2 }
        try await house.put("other", "1")
        try await hub.line("rule.text=three")
        try await expectItsTime(house)
    }

    @Test func `a rule whose own text changed is reset, and that is said`() async throws {
        func text(_ message: String) -> String {
            """
            keys: {hall.motion: {type: boolean}, hall.lamp: {type: boolean}, go: {type: boolean}}
            rules:
              - name: lamp
                when: {change: hall.motion, to: true}
                then:
                  - put: {hall.lamp: true}
                  - wait_until: go ?? false
                  - log: \(message)
                  - put: {hall.lamp: false}
            """
        }
        let house = try House(text("one"))
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.put("hall.motion", "true")
        #expect(try await house.runs(of: "lamp").map { $0["outcome"] } == ["standing"])
        try house.write(text("two"))
        #expect(try await house.komoku("reload").code == 0)
        let line = try await hub.line("msg=\"rule reset\"")
        #expect(line.contains("rule=lamp") && line.contains("the rule was changed"))
        let runs = try await house.runs(of: "lamp")
        #expect(runs.map { $0["outcome"] } == ["reset"])
        #expect(runs.first?["reason"] == "the rule was changed")
        let why = try await house.komoku("why", "--rule", "lamp").output.joined(separator: "\n")
        #expect(why.contains("reset") && why.contains("the rule was changed"), "\(why)")
        // Nobody waits for it any more.
        try await house.put("go", "true")
        #expect(try await house.get("hall.lamp") == true)
    }

    @Test func `an escalation comes at its time over a kill, and not where the note was acknowledged`() async throws {
        let house = try House(
            """
            keys: {leak: {type: boolean}, drip: {type: boolean}}
            notify:
              targets:
                first: {mqtt: {topic: "first/{topic}"}}
                second: {mqtt: {topic: "second/{topic}"}}
            rules:
              - name: drips
                when: {change: drip}
                then: [{notify: {to: first, message: drips, topic: drip, escalate: {after: 3s, to: second}}}]
              - name: leaks
                when: {change: leak}
                then: [{notify: {to: first, message: "water!", topic: leak, escalate: {after: 3s, to: second}}}]
            """)
        defer { house.remove() }
        let phone = try await TestMQTTClient(port: house.broker.port)
        try await phone.subscribe(to: "first/#")
        try await phone.subscribe(to: "second/#")
        let first = try await house.start()
        try await house.put("drip", "true")
        try await phone.message("first/drip", "drips")
        #expect(try await house.komoku("acknowledge", "drip").code == 0)
        let told = ContinuousClock.now
        try await house.put("leak", "true")
        try await phone.message("first/leak", "water!")
        first.end(9)
        let hub = try await house.start()
        defer { hub.end() }
        let message = try await phone.message("second/leak", "water!", within: .seconds(60))
        #expect(!message.isRetained)
        #expect(ContinuousClock.now - told >= .seconds(3))
        // What was told before would have been escalated before.
        #expect(!phone.messages.elements.contains { $0.topic == "second/drip" })
        let notes = try await house.answer("notifications", "--open")["notifications"]?.array ?? []
        #expect(notes.map { $0["topic"] } == ["leak"])
        #expect(try await house.komoku("acknowledge", "leak").code == 0)
        #expect(try await house.answer("notifications", "--open")["notifications"] == [])
    }
}
