import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite(.timeLimit(.minutes(1))) struct ConfirmationTests {
    private func withService(
        _ mosquitto: MosquittoBroker, _ body: (MQTTService, Collector<String>) async throws -> Void
    ) async throws {
        let url = "mqtt://127.0.0.1:\(mosquitto.port)"
        let (configuration, problems) = read("mqtt: {url: '\(url)', command_timeout: 300ms, reconnect: {min: 20ms}}\n")
        #expect(problems == [])
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        let service = MQTTService(configuration, hub: hub, commitInterval: .milliseconds(50), logger: silent)
        service.start()
        let user = try await TestMQTTClient(port: mosquitto.port)
        try await user.subscribe(to: "komoku/status")
        try await user.message("komoku/status", "online")
        try await body(service, Collector<String>())
        await onOwnThread {
            service.stop()
            hub.stop()
        }
    }

    private func publish(_ service: MQTTService, _ outcomes: Collector<String>, _ topic: String, qos: Int = 1) {
        service.publish(
            Publication(topic: topic, payload: Array("x".utf8), qos: Int32(qos)) { outcome in
                switch outcome {
                case .sent: outcomes.append("sent")
                case .failed(let reason): outcomes.append("\(reason), try again")
                case .refused(let reason): outcomes.append(reason)
                }
            })
    }

    @Test func `it is told when the broker has it`() async throws {
        try await withService(try MosquittoBroker()) { (service, outcomes) async throws -> Void in
            for qos in 0...2 { publish(service, outcomes, "out", qos: qos) }
            #expect(try await outcomes.wait(for: 3) == ["sent", "sent", "sent"])
        }
    }

    @Test func `what no broker takes is refused`() async throws {
        try await withService(try MosquittoBroker()) { (service, outcomes) async throws -> Void in
            publish(service, outcomes, "a/+")
            publish(service, outcomes, "")
            #expect(try await outcomes.wait(for: 2) == ["the topic holds a wildcard", "the topic is empty"])
        }
    }

    @Test func `a broker that is away, or does not answer, is said in time`() async throws {
        let mosquitto = try MosquittoBroker()
        try await withService(mosquitto) { (service, outcomes) async throws -> Void in
            mosquitto.pause()
            publish(service, outcomes, "out")
            let reason = "the broker does not acknowledge it, try again"
            #expect(try await outcomes.wait(within: .seconds(5), until: { !$0.isEmpty }) == [reason])
            mosquitto.resume()
            // The late word is for nobody, and does no harm.
            publish(service, outcomes, "out")
            #expect(try await outcomes.wait(for: 2).last == "sent")
            mosquitto.stop()
            publish(service, outcomes, "out")
            #expect(try await outcomes.wait(for: 3).last == "the broker cannot be reached, try again")
        }
    }

    @Test func `what the broker does not allow is refused`() async throws {
        var options = MosquittoBroker.Options()
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("topic readwrite #\ntopic deny secret\n", to: "acl")
        options.lines = ["acl_file \(folder.path("acl"))"]
        try await withService(try MosquittoBroker(options)) { (service, outcomes) async throws -> Void in
            publish(service, outcomes, "secret")
            #expect(try await outcomes.wait(for: 1) == ["the broker refuses it (135)"])
        }
    }
}
