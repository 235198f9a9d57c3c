package import Komoku
package import KomokuHub
package import Logging

/// Performs what rules decide, on the hub's thread.
package final class RuleEngine: ChangeHandler {
    private let outputs: any RuleOutputs
    private let logger: Logger
    // Every method that touches it takes the hub it is attached to as isolated parameter, so only the hub's thread does.
    nonisolated(unsafe) private var reactor = Reactor([])

    package init(outputs: any RuleOutputs, logger: Logger) {
        self.outputs = outputs
        self.logger = logger
    }

    /// Puts `rules` in the place of those that were there; none to begin with. The engine serves one hub.
    package func replace(_ rules: [Rule], in hub: isolated Hub) {
        hub.removeHandler(self)
        var fresh = Reactor(rules)
        fresh.start(keeping: reactor) { hub.last($0)?.value }
        reactor = fresh
        if !fresh.keys.isEmpty { hub.addHandler(self, keys: fresh.keys) }
    }

    /// The keys that triggers and conditions name and the hub does not have.
    package func missingKeys(in hub: isolated Hub) -> [(rule: String, key: KeyName)] {
        reactor.namedKeys.flatMap { rule, keys in keys.filter { hub.key($0) == nil }.map { (rule, $0) } }
    }

    /// What each rule did, in the order of the configuration.
    package func statistics(in hub: isolated Hub) -> [(rule: String, statistics: Reactor.Statistics)] {
        reactor.statistics
    }

    package func handle(_ change: Change, in hub: isolated Hub) {
        perform(reactor.handle(change) { hub.last($0)?.value }, key: change.key, in: hub)
    }

    package func handle(_ event: FreshnessEvent, in hub: isolated Hub) {
        perform(reactor.handle(event) { hub.last($0)?.value }, key: event.key, in: hub)
    }

    private func perform(_ decision: Reactor.Decision, key: KeyName, in hub: isolated Hub) {
        for rule in decision.paused {
            logger.error(
                "rule paused: a chain of rules is deeper than \(Reactor.maximumDepth)",
                metadata: ["rule": "\(rule)", "key": "\(key)"])
        }
        for run in decision.runs { perform(run, in: hub) }
    }

    private func perform(_ run: Run, in hub: isolated Hub) {
        var run = run
        var failure: String?
        while failure == nil, let next = run.next({ hub.last($0)?.value }) {
            switch next {
            case .failure(let reason): failure = reason
            case .effect(let effect): failure = perform(effect, of: run, in: hub)
            }
        }
        if let failure {
            logger.warning(
                "rule failed",
                metadata: ["rule": "\(run.name)", "step": "\(run.step)", "reason": "\(failure)"])
        }
        reactor.end(run, failed: failure != nil, at: hub.clock.now)
    }

    /// - Returns: why it failed, nil where it did not.
    private func perform(_ effect: Run.Effect, of run: Run, in hub: isolated Hub) -> String? {
        switch effect {
        case .put(let key, let json):
            do throws(CommandError) {
                try hub.put(key, json, at: nil, cause: run.cause)
                return nil
            } catch {
                return "the hub refused \(json.text) for \(key): \(error.rawValue)"
            }
        case .publish(let topic, let payload, let qos, let retain):
            outputs.publish(topic: topic, payload: payload, qos: qos, retain: retain)
        case .log(let text):
            outputs.log(rule: run.name, text: text)
        }
        return nil
    }
}
