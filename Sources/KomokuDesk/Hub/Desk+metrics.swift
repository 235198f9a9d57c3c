internal import Komoku
package import KomokuHub
internal import KomokuStore
internal import KomokuWire

extension Desk {
    /// The figures of `/metrics`.
    ///
    /// - Parameter connections: the clients that are connected.
    package func metrics(for caller: Caller, connections: Int, in hub: isolated Hub) -> [Metric] {
        var metrics = ofProcess(in: hub)
        // How much happens tells of the house, and so do the names of rules.
        guard caller.rights.readsAll else { return metrics }
        metrics.append(Metric("connections", .gauge, "Clients that are connected", connections))
        metrics += ofHub(hub) + Metric.ofStore(hub.store.statistics)
        if let rules { metrics += Metric.ofRules(rules, in: hub) }
        metrics += Metric.ofPolls(polls())
        return metrics
    }

    private func ofProcess(in hub: isolated Hub) -> [Metric] {
        [
            Metric(
                "build_info", .gauge, "The version that runs",
                [Metric.Sample(labels: [Metric.Label(name: "version", value: Release.version)], value: 1)]),
            Metric("uptime_seconds", .gauge, "Seconds since the start", uptime),
            Metric("time_seconds", .gauge, "The hub's clock, in seconds since 1970", hub.clock.now.seconds),
            Metric(
                "broker_connected", .gauge, "Whether the hub is connected to its broker; 1 where it has none",
                brokerState?.isConnected == false ? 0 : 1),
        ]
    }

    private func ofHub(_ hub: isolated Hub) -> [Metric] {
        let counters = hub.counters
        let age = counters.lastMessage.map { max(0, (hub.clock.now - $0).seconds) }
        return [
            Metric("messages_total", .counter, "MQTT messages that had something for a key", counters.messages),
            Metric(
                "last_message_age_seconds", .gauge, "Seconds since the last of them",
                age.map { [Metric.Sample(value: $0)] } ?? []),
            Metric("puts_total", .counter, "Values that were put", counters.puts),
            Metric("changes_total", .counter, "Puts that changed a value", counters.changes),
            Metric("suppressed_total", .counter, "Puts that became no point, being equal", counters.suppressed),
            Metric("refused_total", .counter, "Puts that a key did not accept", counters.refused),
            Metric("dead_letters_total", .counter, "Messages that could not be used", counters.deadLetters),
            Metric("expired_total", .counter, "Uptime keys that fell to false", counters.expired),
            Metric("stale_total", .counter, "Times that a key went stale", counters.stale),
            Metric("device_commands_total", .counter, "Commands to devices", counters.commands),
            Metric(
                "device_commands_failed_total", .counter, "Commands that no report followed in time",
                counters.failedCommands),
            Metric("keys", .gauge, "Keys that exist", hub.keyCount),
            Metric("subscriptions", .gauge, "Subscriptions of all clients", hub.subscriptionCount),
            Metric("skipped_total", .counter, "Changes that slow readers were not told", counts.skippedChanges),
        ]
    }
}

extension Metric {
    /// Nothing where there are none.
    fileprivate static func ofPolls(_ polls: [PollReport]) -> [Metric] {
        guard !polls.isEmpty else { return [] }
        func samples(_ value: (PollReport) -> Double?) -> [Sample] {
            polls.compactMap { poll in
                value(poll).map { Sample(labels: [Label(name: "poll", value: poll.name)], value: $0) }
            }
        }
        return [
            Metric(
                "poll_last_success_seconds", .gauge, "When a web service last answered, in seconds since 1970",
                samples { $0.lastSuccess?.seconds }),
            Metric(
                "poll_failures", .gauge, "How often in a row a web service has not answered",
                samples { Double($0.failures) }),
        ]
    }

    fileprivate static func ofStore(_ store: Store.Statistics) -> [Metric] {
        [
            Metric("storing", .gauge, "Whether storing works", store.isStoring ? 1 : 0),
            ofTimes("commit_seconds", "How long commits took", store.commitTimes),
            Metric("stored_puts_total", .counter, "Values that are on disk", store.durablePuts),
            Metric("pending_puts", .gauge, "Values that wait for a commit", store.pendingPuts),
            Metric("dropped_puts_total", .counter, "Values lost while storing was impossible", store.droppedPuts),
            Metric("points", .gauge, "Points that are stored or wait for it", store.points),
            Metric("head_points", .gauge, "Points in memory that are in no block yet", store.headPoints),
            Metric("head_bytes", .gauge, "Bytes of these", store.headBytes),
            Metric("journal_rows", .gauge, "Rows of the journal", store.journalRows),
            Metric("journal_bytes", .gauge, "Bytes of the journal", store.journalBytes),
            Metric("seals_total", .counter, "Times that the journal became blocks", store.seals),
            Metric("sealed_points_total", .counter, "Points written to blocks", store.sealedPoints),
            Metric("sealed_bytes_total", .counter, "Bytes of those blocks", store.sealedBytes),
            Metric("database_bytes", .gauge, "Bytes of the database and its write-ahead log", store.fileBytes),
            Metric("corrupt_blocks", .gauge, "Blocks that cannot be read", store.corruptBlocks),
            Metric("dead_letters", .gauge, "Kinds of messages in the list of dead letters", store.deadLetters),
        ]
    }

    private static func ofTimes(_ name: String, _ help: String, _ times: TimeHistogram) -> Metric {
        var samples: [Sample] = []
        var count = 0
        for (bound, more) in zip(TimeHistogram.bounds + [.infinity], times.counts) {
            count += more
            let text = bound.isInfinite ? "+Inf" : DecimalNumber.text(bound)
            samples.append(
                Sample(suffix: "_bucket", labels: [Label(name: "le", value: text)], value: Double(count)))
        }
        samples.append(Sample(suffix: "_sum", value: times.sum))
        samples.append(Sample(suffix: "_count", value: Double(count)))
        return Metric(name, .histogram, help, samples)
    }

    fileprivate static func ofRules(_ service: any RuleService, in hub: isolated Hub) -> [Metric] {
        let rules = service.ruleNames(in: hub).compactMap { service.rule($0, in: hub) }
        func label(_ rule: RuleDescription) -> Label { Label(name: "rule", value: rule.name) }
        let outcomes: [(String, (RuleDescription) -> Int)] = [
            ("done", { $0.runs - $0.failures }), ("failed", { $0.failures }), ("skipped", { $0.skipped }),
            ("refused", { $0.refused }),
        ]
        let ended = rules.flatMap { rule in
            outcomes.map { outcome, count in
                Sample(labels: [label(rule), Label(name: "outcome", value: outcome)], value: Double(count(rule)))
            }
        }
        return [
            Metric("rule_runs_total", .counter, "Runs of rules, and decisions not to run, by outcome", ended),
            Metric(
                "rule_running", .gauge, "Runs that wait at a step",
                rules.map { Sample(labels: [label($0)], value: Double($0.standing)) }),
            Metric(
                "rule_enabled", .gauge, "Whether a rule listens",
                rules.map { Sample(labels: [label($0)], value: $0.state == .enabled ? 1 : 0) }),
        ]
    }
}
