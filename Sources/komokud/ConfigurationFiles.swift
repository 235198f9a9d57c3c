import Dispatch
import Komoku
import KomokuDesk
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuServer
import KomokuSources
import KomokuStore
import KomokuWire
import KomokuYAML
import Logging
import Synchronization

/// The files of the configuration while the hub runs: read again, checked against the house, searched. One after another,
/// whoever asks.
final class ConfigurationFiles: Sendable {
    /// Reads the configuration anew, for a house with these keys; nil settings where the findings hold an error.
    ///
    /// The second is told where a key is named, the third gives the files; nil are those of the disk.
    typealias Loader =
        @Sendable (KeyCatalogue, KeyMentions?, OverlayFiles?) -> (settings: Settings?, findings: [Diagnostic])

    /// Who takes over what has changed.
    struct Parts: Sendable {
        let hub: Hub
        let mqtt: MQTTService
        let rules: RuleHost
        let server: Server
        let rooms: RoomBook
        let energy: EnergyBook
        let agents: AgentBook
        let people: PeopleBook
        let polls: PollService
        let pings: PingService
    }

    private let settings: Mutex<Settings>
    private let load: Loader
    private let parts: Parts
    private let logger: Logger
    private let queue = DispatchQueue(label: "komoku.reload")
    /// What was said of the rules: once is enough.
    private let told: Mutex<Set<Diagnostic>>
    /// The next versions of files of rules.
    private let versions = Mutex<[String: Int64]>([:])

    init(_ settings: Settings, told: [Diagnostic], load: @escaping Loader, parts: Parts, logger: Logger) {
        self.settings = Mutex(settings)
        self.told = Mutex(Set(told))
        self.load = load
        self.parts = parts
        self.logger = logger
    }

    /// Reads the configuration again and takes it over, all of it or nothing.
    ///
    /// - Parameter then: on a thread of its own.
    @Sendable func reload(_ then: @escaping @Sendable (ReloadAnswer) -> Void) {
        queue.async { [self] in
            let (new, findings) = load(catalogue, nil, nil)
            told.withLock { $0 = Set(findings) }
            guard let new else {
                logger.error("the new configuration has errors; the previous one stays active")
                return then(ReloadAnswer(isDone: false, findings: findings))
            }
            do {
                let endings = try take(new)
                then(ReloadAnswer(isDone: true, findings: findings, endings: endings.map(ReloadAnswer.Ending.init)))
            } catch {
                logger.error("reload refused", metadata: ["reason": "\(error)"])
                let place = SourcePosition(file: "listen", line: 1, column: 1)
                let refusal = Diagnostic(.error, at: place, "\(error)")
                then(ReloadAnswer(isDone: false, findings: findings + [refusal]))
            }
        }
    }

    /// Finds where the files of the configuration, as they are now, name a key.
    func findUses(of key: KeyName, as new: KeyName?, _ then: @escaping @Sendable (KeyUses) -> Void) {
        queue.async { [self] in
            let mentions = KeyMentions(of: key)
            let (_, findings) = load(catalogue, mentions, nil)
            var search = KeySearch(mentions, new: new)
            then(KeyUses(of: key.text, search.uses(), errors: findings.count { $0.severity == .error }))
        }
    }

    // MARK: For rules that clients write

    /// Does something between two steps of what is done here.
    func inTurn<Success>(
        _ then: @escaping Done<Success>, _ body: @escaping @Sendable () throws(Refusal) -> Success
    ) {
        queue.async {
            do throws(Refusal) { then(.success(try body())) } catch { then(.failure(error)) }
        }
    }

    var editable: EditableRules? { settings.withLock { $0.rules.editable } }
    var loadedRules: [Rule] { settings.withLock { $0.rules.rules + $0.rules.disabled } }
    var store: Store { parts.hub.store }
    var now: Timestamp { parts.hub.clock.now }

    /// As a reload would.
    func check(_ files: OverlayFiles) -> (settings: Settings?, findings: [Diagnostic]) { load(catalogue, nil, files) }

    /// - Returns: what stands in the way; then nothing was taken over.
    func takeOver(_ new: Settings, _ findings: [Diagnostic]) -> Diagnostic? {
        do {
            _ = try take(new)
            told.withLock { $0 = Set(findings) }
            return nil
        } catch {
            return Diagnostic(.error, at: SourcePosition(file: "listen", line: 1, column: 1), "\(error)")
        }
    }

    /// What the disk says is in force again.
    func goBack() {
        let (old, findings) = load(catalogue, nil, nil)
        if let old { _ = takeOver(old, findings) }
    }

    func nextVersion(of file: String, after kept: Int64) -> Int64 {
        max(kept + 1, versions.withLock { $0[file] } ?? 1)
    }

    func noteVersions(of file: String, next: Int64) { versions.withLock { $0[file] = next } }

    /// Does something in so many seconds, never between two steps of what is done here.
    func after(_ seconds: Double, _ work: @escaping @Sendable () -> Void) {
        queue.asyncAfter(deadline: .now() + seconds, execute: work)
    }

    /// The keys that the hub has now.
    private var catalogue: KeyCatalogue {
        let keys = try? waitFor { [hub = parts.hub] in
            await withCheckedContinuation { done in
                hub.enqueue { done.resume(returning: $0.keyCatalogue()) }
            }
        }
        return keys ?? KeyCatalogue()
    }

    /// Takes over new settings, as far as they can change while the hub runs.
    ///
    /// - Returns: what that ended of the rules.
    private func take(_ new: Settings) throws -> [RuleEnding] {
        try waitFor { [server = parts.server] in try await server.reload(new.server) }
        let old = settings.withLock { settings in
            defer { settings = new }
            return settings
        }
        if new.store != old.store || new.hub.name != old.hub.name {
            logger.warning("'store' and 'hub.name' change at the next start")
        }
        let endings = try waitFor { [hub = parts.hub, rules = parts.rules, people = parts.people] in
            await withCheckedContinuation { done in
                hub.enqueue { hub in
                    hub.reload(new.hub)
                    people.configure(new.people, in: hub)
                    done.resume(returning: rules.reload(new.rules, notes: new.notes, in: hub))
                }
            }
        }
        parts.rooms.configure(new.rooms)
        parts.mqtt.reload(new.mqtt)
        parts.energy.set(new.energy)
        parts.agents.set(new.agents)
        parts.polls.reload(new.polls)
        parts.pings.watch(new.people.pinged)
        logger.info("reloaded", metadata: ["rules": "\(new.rules.rules.count)"])
        return endings
    }

    /// Reads the rules once more, now that devices have said which keys there are, and logs what was not said before. Only
    /// they can say which types and limits their keys have, so that this could not be checked earlier. On a first start the trigger
    /// `start` fires now.
    func checkRulesAgain() {
        queue.async { [self] in
            if settings.withLock(\.rules.isEmpty) { return }
            let (new, findings) = load(catalogue, nil, nil)
            for finding in findings.filter({ finding in told.withLock { $0.insert(finding).inserted } }) {
                logger.log(
                    level: finding.severity == .error ? .error : .warning, "\(finding.message)",
                    metadata: ["at": "\(finding.position)", "remedy": "\(finding.remedy ?? "")"])
            }
            // What the file says by now is for a reload to take over: only what was taken is looked at.
            let isSame = settings.withLock { settings in new.map { settings.rules.isSame(as: $0.rules) } ?? false }
            parts.hub.enqueue { [rules = parts.rules] hub in
                if let new, isSame { rules.engine.refine(new.rules, in: hub) }
                rules.engine.fireHeldStart(in: hub)
            }
        }
    }
}

extension ReloadAnswer.Ending {
    fileprivate init(_ ending: RuleEnding) {
        self.init(
            rule: ending.rule, reason: ending.reason, runs: ending.runs, queued: ending.queued, holds: ending.holds)
    }
}
