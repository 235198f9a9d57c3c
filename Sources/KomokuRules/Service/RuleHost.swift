package import KomokuHub
internal import KomokuStore
package import KomokuSystem
package import Logging

/// Everything that acts on changes by rules, for one hub: reactor, cells, notes, and the engine.
package final class RuleHost: Sendable {
    package let engine: RuleEngine
    package let notifier: Notifier
    package let cells: CellHost
    package let reactor: Reactor
    private let logger: Logger

    /// - Parameters:
    ///   - noteOutputs: what notes are delivered by, where it is not what rules use.
    ///   - log: nil keeps the newest records only, in memory.
    ///   - delivered: is told of each delivery of a note.
    package init(
        notes: NotifyConfiguration, outputs: any RuleOutputs, noteOutputs: (any RuleOutputs)? = nil,
        log: (any RunLog)? = nil, clockStatus: any ClockStatus = SystemClockStatus(),
        delivered: Notifier.Listener? = nil, options: RuleEngine.Options = RuleEngine.Options(), logger: Logger
    ) {
        notifier = Notifier(notes, outputs: noteOutputs ?? outputs, delivered: delivered, logger: logger)
        cells = CellHost([notifier], logger: logger)
        notifier.attach(to: cells)
        reactor = Reactor([cells], logger: logger)
        engine = RuleEngine(
            outputs: outputs, notifier: notifier, dated: cells, log: log, clockStatus: clockStatus, options: options,
            logger: logger)
        self.logger = logger
    }

    /// Lets the service start with the hub, before anything is handled. Call it before `Hub.start`.
    package func attach(_ rules: RuleSet, to hub: Hub) {
        hub.addBootTask { self.start(rules, in: $0) }
    }

    /// Begins to work; takes up what an earlier process had in hand.
    ///
    /// - Parameter holdsStart: as the engine's.
    package func start(_ rules: RuleSet, holdsStart: Bool = false, in hub: isolated Hub) {
        engine.prepare(rules, holdsStart: holdsStart, in: hub)
        do throws(Store.Error) {
            try hub.restoreCells(to: [engine, cells])
        } catch {
            logger.error("what rules and notifications had in hand cannot be read", metadata: ["error": "\(error)"])
        }
        reactor.start(in: hub)
        engine.begin(in: hub)
    }

    /// Takes over another configuration; what did not change goes on.
    ///
    /// - Returns: what that ended.
    @discardableResult
    package func reload(_ rules: RuleSet, notes: NotifyConfiguration, in hub: isolated Hub) -> [RuleEnding] {
        notifier.reload(notes, in: hub)
        return engine.replace(rules, in: hub)
    }

    /// Whether the service waits for nothing but time, changes and what it asked of the world.
    package func isQuiet(in hub: isolated Hub) -> Bool { engine.machine.openQuestions == 0 }
}
