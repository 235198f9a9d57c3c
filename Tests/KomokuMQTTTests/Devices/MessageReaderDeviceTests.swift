import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

@Suite struct MessageReaderDeviceTests {
    @Test func `values that came before their discovery are read after it`() {
        let replay = DeviceReplay([ToySource()])
        replay.send("toy/lamp/online", "1", retained: true)
        replay.send("toy/lamp/state", #"{"a":7}"#)
        #expect(replay.last.isEmpty)
        replay.send("toy/config/lamp", "a,b")
        #expect(replay.value("lamp", "a") == .number(7))
        #expect(replay.value("lamp", "online") == .boolean(true))
    }

    @Test func `a learner hears of a leaf once, and a leaf that it takes has its value at once`() {
        let source = ToySource()
        let replay = DeviceReplay([source])
        replay.send("toy/config/lamp", "a")
        replay.send("toy/lamp/state", #"{"a":1,"noise":2,"other":3}"#)
        replay.send("toy/lamp/state", #"{"a":1,"noise":2,"other":3}"#)
        #expect(source.learnt == [["other"]])
        replay.send("toy/lamp/state", #"{"a":2,"other":3,"extra":4}"#)
        #expect(source.learnt.dropFirst() == [["extra"]])
        #expect(replay.value("lamp", "extra") == .number(4) && replay.value("lamp", "a") == .number(2))
    }

    @Test func `a topic with endless new leaves stops learning`() {
        let source = ToySource()
        let replay = DeviceReplay([source])
        replay.send("toy/config/lamp", "a")
        for number in 0..<5000 { replay.send("toy/lamp/state", #"{"leaf\#(number)":1}"#) }
        #expect(source.learnt.count <= TopicPlan.maximumPaths + 1)
        replay.send("toy/lamp/state", #"{"a":9}"#)
        #expect(replay.value("lamp", "a") == .number(9))
    }

    @Test func `half a message makes one dead letter, and the next whole one counts`() {
        let replay = DeviceReplay([ToySource()])
        replay.send("toy/config/lamp", "a")
        replay.send("toy/lamp/state", #"{"a":1,"b"#)
        #expect(replay.letters.count == 1 && replay.last.isEmpty)
        replay.send("toy/lamp/state", #"{"a":1}"#)
        #expect(replay.value("lamp", "a") == .number(1))
    }

    @Test func `what the hub publishes is no device's`() {
        let reader = MessageReader(
            mappings: MappingSet(mappings: [], base: "toy"), devices: DeviceSet([ToySource()]))
        #expect(!reader.mappings.filters(devices: ["toy/#", "toy/x"]).entries.contains { $0.filter.text == "toy/x" })
        reader.send("toy/config/lamp", "a")
        #expect(reader.takeIntake().isEmpty)
    }

    @Test func `remembered discovery makes devices known before anything comes, and is not remembered again`() {
        let first = DeviceReplay([ToySource()])
        first.send("toy/config/lamp", "a")
        let reader = MessageReader(
            mappings: MappingSet(mappings: [], base: "komoku"), devices: DeviceSet([ToySource()]))
        reader.restore(first.remembered.map { ($0.key, $0.value) })
        let updates = reader.takeIntake().updates
        #expect(updates.count == 1 && reader.mustSubscribe)
        reader.send("toy/lamp/state", #"{"a":3}"#)
        #expect(reader.takeIntake().observations.count == 1)
    }

    @Test func `too many devices are left out, and it is said once a minute`() {
        let limits = DeviceLimits(devices: 100, remembered: 50)
        let reader = MessageReader(
            mappings: MappingSet(mappings: [], base: "komoku"), devices: DeviceSet([ToySource()], limits: limits))
        for number in 0..<1000 { reader.send("toy/config/\(number)", "a") }
        let intake = reader.takeIntake()
        var (described, remembered) = (0, 0)
        for update in intake.updates {
            switch update {
            case .described: described += 1
            case .remembered: remembered += 1
            case .removed: break
            }
        }
        #expect(described == 100 && remembered == 50 && intake.deadLetters.count == 1)
        reader.send("toy/999/state", #"{"a":1}"#)
        reader.send("toy/99/state", #"{"a":1}"#)
        #expect(reader.takeIntake().observations.count == 1)
        reader.time = reader.time + .seconds(61)
        reader.send("toy/config/again", "a")
        #expect(reader.takeIntake().deadLetters.count == 1)
    }

    @Test func `messages that nobody explains are held up to a limit`() {
        let reader = MessageReader(
            mappings: MappingSet(mappings: [], base: "komoku"), devices: DeviceSet([ToySource()]))
        for number in 0..<(HeldMessages.maximumCount + 10) { reader.send("toy/\(number)/state", #"{"a":1}"#) }
        #expect(reader.counters.held == HeldMessages.maximumCount && reader.counters.notHeld == 10)
    }
}

extension MessageReader {
    /// A message, as the connection would bring it.
    func send(_ topic: String, _ payload: String, retained: Bool = false) {
        Array(topic.utf8).withUnsafeBytes { topic in
            Array(payload.utf8).withUnsafeBufferPointer { read(topic, $0, isRetained: retained) }
        }
    }
}
