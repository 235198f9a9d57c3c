internal import Dispatch
internal import Komoku
internal import KomokuAgent
internal import KomokuClient
internal import KomokuSystem
internal import KomokuWire
internal import Synchronization

/// Tells a hub how the machine is: through the outbox, under the name that the hub gives, what the hub wants.
final class AgentPush: Sendable {
    private let outbox: Outbox
    private let identity: AgentIdentity
    private let keys: AgentKeys
    private let loop: AgentLoop
    private let attributes: [String: String]
    private let wanted: String?
    private let printer: AgentPrinter?

    /// - Parameters:
    ///   - wanted: what the agent wants to be called; nil is as its host.
    ///   - attributes: region, zone and what else tells where it belongs.
    ///   - printer: gets each reading once it is in the outbox.
    init(
        outbox: Outbox, identity: AgentIdentity, wanted: String?, attributes: [String: String], printer: AgentPrinter?
    ) {
        self.printer = printer
        (self.outbox, self.identity, self.wanted, self.attributes) = (outbox, identity, wanted, attributes)
        keys = AgentKeys(name: { identity.name })
        loop = AgentRun.loop(host: identity.name) { fact in
            guard fact == .outbox else { return [] }
            let status = outbox.status
            return [
                .number("agent.waiting", Double(status.waiting)), .counter("agent.dropped", Double(status.dropped)),
                .counter("agent.refused", Double(status.refused)),
            ]
        }
    }

    /// - Parameter settings: what is collected until the hub says it.
    func run(_ target: HubTarget, _ settings: AgentSettings) async throws {
        keys.lives(for: settings.lifeSign)
        let client = Client(target.address, access: target.access, greeting: greeting())
        reporter.set(client)
        let delivery = OutboxDelivery(
            of: outbox, by: client,
            onRefusal: { Terminal.complain("the hub refused \($0.put.key.printable): \($0.reason.printable)") },
            onTrouble: { Terminal.complain($0.map { "readings wait: \($0)" } ?? "readings go to the hub again") },
            prepare: { [keys] client, puts throws(ClientError) in
                try await client.connect()
                try await keys.define(puts, by: client)
            },
            name: { [keys] in keys.name(of: $0) })
        // What a key is has to be known before a value of it is sent, also before one that waited for this.
        let sending = Task { [begun] in
            for await _ in begun.stream { break }
            await delivery.run()
        }
        func end() async {
            sending.cancel()
            await sending.value
            await client.close()
            outbox.close()
        }
        do {
            try await AgentRun.collect(by: loop, settings) { [self] in try take($0, at: $1) }
        } catch {
            await end()
            throw error
        }
        await end()
    }

    private let reporter = AgentReporter()
    /// Told of the first collection.
    private let begun = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// What seldom changes, as far as it is known.
    private let facts = Mutex<[String: JSON]>([:])

    private func take(_ readings: [HostReading], at time: Timestamp) throws {
        for reading in readings { keys.learn(reading) }
        begun.continuation.yield()
        let news = readings.filter { $0.key.hasPrefix("facts.") }
        if !news.isEmpty {
            facts.withLock { facts in for reading in news { facts[String(reading.key.dropFirst(6))] = reading.value } }
            report()
        }
        let puts = readings.map { OutboxPut($0.key, $0.value, at: time) }
        guard let printer else { return outbox.add(puts) }
        // What is printed has happened: the hub will get it, whatever comes.
        let done = DispatchSemaphore(value: 0)
        Task { [outbox] in
            await outbox.append(puts)
            done.signal()
        }
        done.wait()
        try printer.take(readings, at: time)
    }

    /// The facts as a whole.
    private func report(pull: Int? = nil) { reporter.report(facts.withLock { $0 }, pull: pull) }

    // MARK: What the hub says

    private func greeting() -> AgentGreeting {
        AgentGreeting(
            hello: { [self] in
                var hello = AgentHello()
                (hello.id, hello.name, hello.hostname) = (identity.id, wanted, HostName.whole)
                (hello.version, hello.instance, hello.attributes) = (Release.version, identity.instance, attributes)
                return hello
            },
            welcomed: { [self] welcome in
                take(welcome)
                // A hub that has lost its memory wants to know again what there is.
                keys.forgetDefinitions()
                report()
            },
            ordered: { [self] order in
                switch order {
                case .welcome(let welcome): take(welcome)
                case .pull(.load, let id): loop.read([.load]) { [reporter] in reporter.report([:], pull: id) }
                case .pull(.facts, let id): loop.read([.facts]) { [self] in report(pull: id) }
                }
            },
            unknown: { Terminal.complain("the hub is of an older version, and cannot say what to collect") })
    }

    private func take(_ welcome: AgentWelcome) {
        if identity.become(welcome) { keys.forgetDefinitions() }
        keys.lives(for: welcome.config.lifeSign)
        loop.apply(welcome.config)
    }
}
