internal import Komoku
internal import KomokuWire

// What agents say, and what is said to them: the shapes of the second protocol in columns of their own.

extension PackedAgentHello {
    init(_ hello: AgentHello) {
        self.init()
        (id, hostname, name) = (hello.id ?? "", hello.hostname, hello.name ?? "")
        (version, instance, attributes) = (hello.version, hello.instance, hello.attributes)
    }

    func command() throws(PackedFault) -> Command {
        if unknownFields.holds(1...6) { throw .unreadable("'hello' has a field of another type") }
        var hello = AgentHello()
        (hello.id, hello.hostname, hello.name) = (id.isEmpty ? nil : id, hostname, name.isEmpty ? nil : name)
        (hello.version, hello.instance, hello.attributes) = (version, instance, attributes)
        // Read as others are, so that what is too long is refused with the same words.
        do throws(Refusal) { return .hello(try AgentHello(hello.json)) } catch { throw .refused(error) }
    }
}

extension PackedAgentReport {
    init(_ report: AgentReport) {
        self.init()
        if let facts = report.facts { self.facts = PackedValue(facts) }
        if let pull = report.pull { self.pull = UInt64(clamping: pull) }
    }

    func command() throws(PackedFault) -> Command {
        if unknownFields.holds(1...2) { throw .unreadable("'report' has a field of another type") }
        var report = AgentReport()
        if hasFacts { report.facts = try facts.json() }
        if hasPull {
            guard let number = Int(exactly: pull) else { throw .refused("'pull' is no number that the hub gave") }
            report.pull = number
        }
        do throws(Refusal) { return .report(try AgentReport(report.json)) } catch { throw .refused(error) }
    }
}

extension PackedAgentWelcome {
    init(_ welcome: AgentWelcome) {
        self.init()
        (id, name, config) = (welcome.id, welcome.name, PackedValue(welcome.config.json))
    }

    func json() throws(PackedFault) -> JSON {
        ["id": .string(id), "name": .string(name), "config": hasConfig ? try config.json() : .object([])]
    }
}

extension PackedPull {
    init(_ what: AgentOrder.Pull) {
        self.init()
        switch what {
        case .load: self.what = .load
        case .facts: self.what = .facts
        }
    }

    /// Nil for what a newer hub wants.
    var order: AgentOrder.Pull? {
        switch what {
        case .load: .load
        case .facts: .facts
        case .UNRECOGNIZED: nil
        }
    }
}
