import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuMQTT

@Suite struct ConnectionKeeperTests {
    private func outbox(_ broker: Broker, logger: Logger = silent) -> Outbox {
        var broker = broker
        broker.reconnect = Backoff.Bounds(minimum: .milliseconds(20), maximum: .milliseconds(100))
        broker.commandTimeout = .milliseconds(100)
        let outbox = Outbox(broker: broker, logger: logger)
        outbox.start()
        return outbox
    }

    private func broker(_ port: Int, isEncrypted: Bool = false) -> Broker {
        let address = BrokerAddress(host: "127.0.0.1", port: port, isEncrypted: isEncrypted)
        return Broker(address: address, clientID: "komoku-test")
    }

    @Test func `a host that does not answer holds up neither the end of a command nor a stop`() async throws {
        let host = try SilentHost()
        let outbox = outbox(broker(host.port))
        let outcomes = Collector<Publication.Outcome>()
        outbox.publish(Publication(topic: "c", payload: [], kind: .command) { outcomes.append($0) })
        #expect(try await outcomes.wait(for: 1) == [.failed("the broker cannot be reached")])
        let stopped = Collector<Bool>()
        Task {
            await onOwnThread { outbox.stop() }
            stopped.append(true)
        }
        try await stopped.wait(within: .seconds(3)) { !$0.isEmpty }
        _ = host
    }

    @Test func `a broker that comes back and refuses us is news`() async throws {
        var options = MosquittoBroker.Options()
        options.user = ("komoku", "secret")
        let mosquitto = try MosquittoBroker(options)
        mosquitto.stop()
        let (logger, lines) = collectingLogger()
        let outbox = outbox(broker(mosquitto.port), logger: logger)
        try await lines.wait { $0.contains { $0.contains("Connection refused") } }
        try mosquitto.start()
        try await lines.wait { $0.contains { $0.contains("Not authorized") } }
        await onOwnThread { outbox.stop() }
        #expect(lines.elements.filter { $0.contains("cannot be reached") }.count == 2, "\(lines.elements)")
    }

    @Test func `what is wrong with a certificate is said`() async throws {
        var options = MosquittoBroker.Options()
        options.isEncrypted = true
        let mosquitto = try MosquittoBroker(options)
        let other = try MosquittoBroker(options)
        let (logger, lines) = collectingLogger()
        var broker = broker(mosquitto.port, isEncrypted: true)
        broker.authorityFile = other.certificateFile
        let stranger = outbox(broker, logger: logger)
        try await lines.wait { $0.contains { $0.contains("TLS: certificate verify failed") } }
        await onOwnThread { stranger.stop() }
        broker.authorityFile = "/nowhere/ca.pem"
        let missing = outbox(broker, logger: logger)
        try await lines.wait { $0.contains { $0.contains("cannot read '/nowhere/ca.pem': No such file") } }
        await onOwnThread { missing.stop() }
    }
}
