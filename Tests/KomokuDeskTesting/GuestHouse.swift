internal import Komoku
package import KomokuDesk
internal import KomokuExpression
package import KomokuHub
internal import KomokuRules
internal import KomokuStore
internal import KomokuSystem
package import KomokuTesting
internal import KomokuWire
internal import KomokuYAML
internal import Logging

/// A house that a guest sees a part of. What he must not hear of is called `geheim`, or is `424242`.
///
/// There are two of it, one with the hidden part and one that never had it: to him they are the same.
package struct GuestHouse: Sendable {
    package let desk: Desk
    package let hub: Hub
    package let clock: VirtualClock

    /// What he may.
    package static var rights: Rights {
        get throws {
            let keys = try ["hall.lux", "hall.light", "hall.motion", "hall.scene"].map {
                try KeyPattern(validating: $0)
            }
            return Rights(reading: keys, writing: [try KeyPattern(validating: "hall.light")])
        }
    }

    package static func isLeak(_ text: String) -> Bool { text.contains("geheim") || text.contains("424242") }

    private static let visibleRules = """
        rules:
          - {name: lux-light, when: {change: hall.lux}, then: {put: {hall.light: true}}}

        """

    /// Which look at the hidden part, change it, or speak of it.
    private static let hiddenRules = """
          - {name: geheim-reader, when: {change: hall.lux}, if: "(safe.geheim ?? 0) > 1", then: {log: x}}
          - {name: geheim-teller, when: {change: safe.geheim}, then: {notify: {to: log, message: "it is `safe.geheim`"}}}
          - {name: geheim-caller, when: {change: safe.geheim}, then: {call: geheim-script}}
        scripts:
          - {name: geheim-script, then: {put: {hall.geheim: 424242}}}

        """

    /// What it brings he sees, unlike the rule, and which rule that starts.
    private static let setter = """
          - {name: geheim-setter, when: {change: safe.geheim}, then: {put: {hall.scene: "bright"}}}
          - {name: scene-light, when: {change: hall.scene}, then: {put: {hall.light: false}}}

        """

    /// - Parameters:
    ///   - isWhole: with what the guest must not hear of.
    ///   - setsScene: also with a hidden rule that changes a key that he sees, which starts a rule that he sees.
    package static func run<Result>(
        isWhole: Bool, setsScene: Bool = false, _ body: (GuestHouse) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let clock = VirtualClock()
        let store = try Store(Store.Configuration(location: .memory), logger: logger)
        let hub = Hub(store: store, clock: clock, logger: logger)
        let log = WhyLog(store)
        let host = RuleHost(notes: NotifyConfiguration(), outputs: NoOutputs(), log: log, logger: logger)
        let rules = RuleDesk(
            host, log: log, reload: { $0(ReloadAnswer(isDone: true)) }, search: { _, _, then in then(KeyUses()) })
        host.attach(
            try read(visibleRules + (setsScene ? setter : "") + (isWhole ? hiddenRules : "")), to: hub)
        hub.start()
        defer {
            hub.stop()
            store.close()
        }
        let house = GuestHouse(desk: Desk(hub, rules: rules), hub: hub, clock: clock)
        try await house.fill(isWhole: isWhole)
        return try await body(house)
    }

    private static func read(_ text: String) throws -> RuleSet {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { throw Refusal.invalidQuery("no rules") }
        let types: [String: RuleEnvironment.Declaration] = [
            "hall.lux": .init(.number), "hall.light": .init(.boolean), "hall.scene": .init(.text),
            "hall.geheim": .init(.number), "safe.geheim": .init(.number),
        ]
        let environment = RuleEnvironment(
            key: { types[$0.text] }, candidates: { types.keys.sorted().compactMap { KeyName($0) } },
            warnsOfUnknown: false)
        let rules = RuleSet.read(SettingsReader(root, report: report), environment: environment)
        let errors = report.diagnostics.sorted.filter { $0.severity == .error }
        guard errors.isEmpty else { throw Refusal.invalidQuery("\(errors)") }
        return rules
    }

    /// The visible part comes first, so that runs have the same numbers.
    private func fill(isWhole: Bool) async throws {
        let owner = Caller("test", isLocal: true)
        await hub.apply([.described(hall(isWhole: isWhole))])
        try await put("hall.lux", 5, owner)
        // Then both houses are of one age.
        defer { clock.advance(by: .seconds(isWhole ? 1 : 4)) }
        if isWhole {
            var safe = DeviceDescription(id: DeviceID("geheim"), source: "test", name: "safe geheim")
            safe.properties = [PropertyDescription("geheim_door", .boolean)]
            await hub.apply([.described(safe)])
            for key in ["safe.code_geheim", "alarm.geheim"] { try await put(key, 424_242, owner) }
            try await put("safe.geheim", 424_242, owner)
            _ = try await ask(#"{"rename":{"key":"alarm.geheim","to":"alarm.geheim2"}}"#, as: owner)
        }
        _ = try await ask(#"{"get":{"key":"hall.lux"}}"#, as: owner)
    }

    private func hall(isWhole: Bool) -> DeviceDescription {
        var hall = DeviceDescription(id: DeviceID("hall"), source: "test", name: "hall")
        hall.properties = [PropertyDescription("motion", .boolean)]
        if isWhole { hall.properties.append(PropertyDescription("geheim_tamper", .boolean)) }
        return hall
    }

    private func put(_ key: String, _ value: Int, _ owner: Caller) async throws {
        clock.advance(by: .seconds(1))
        _ = try await ask(#"{"put":{"key":"\#(key)","value":\#(value)}}"#, as: owner)
    }

    /// The text of the answer, as the second protocol has it.
    package func ask(_ text: String, as caller: Caller) async throws -> String {
        guard let entry = Request(text.utf8, version: .v2).entries.first else { return "" }
        let command = try entry.command.get()
        if case .export(let request) = command { return await export(request, as: caller) }
        return await withCheckedContinuation { continuation in
            desk.perform(command, for: caller) {
                continuation.resume(returning: Self.text(of: $0))
            } pieces: { source in
                Self.gather(source, []) { continuation.resume(returning: String(decoding: $0, as: UTF8.self)) }
            }
        }
    }

    private static func text(of reply: Reply) -> String {
        var bytes: [UInt8] = []
        reply.write(into: &bytes, version: .v2, queryID: nil)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func gather(
        _ source: PieceSource, _ before: [UInt8], _ then: @escaping @Sendable ([UInt8]) -> Void
    ) {
        source.next { piece in
            switch piece {
            case .some(let bytes, let rest): gather(rest, before + bytes, then)
            case .last(let bytes): then(before + bytes)
            case .failed(let refusal): then(Array(refusal.code.utf8))
            }
        }
    }

    private func export(_ request: ExportRequest, as caller: Caller) async -> String {
        let parts = Collector<String>()
        await withCheckedContinuation { continuation in
            hub.enqueue { hub in
                desk.export(request, for: caller, in: hub) {
                    continuation.resume()
                } send: { reply, more in
                    parts.append(Self.text(of: reply))
                    more?()
                }
            }
        }
        return parts.elements.joined(separator: "\n")
    }
}

/// Rules that reach nothing.
private final class NoOutputs: RuleOutputs {
    func publish(_ message: RulePublication, then: (@Sendable (OutputFailure?) -> Void)?) {}
    func log(rule: String, level: LogLevel, text: String) {}

    func request(
        _ request: HTTPRequest, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation { OutputCancellation {} }

    func launch(
        _ program: ProgramCall, then: @escaping @Sendable (Result<OutputAnswer, OutputFailure>) -> Void
    ) -> OutputCancellation { OutputCancellation {} }
}
