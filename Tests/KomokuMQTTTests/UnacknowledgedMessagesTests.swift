import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct UnacknowledgedMessagesTests {
    @Test(arguments: [false, true])
    func `an acknowledgement that a dead network took does not count`(isDelivered: Bool) {
        var messages = UnacknowledgedMessages()
        var known = [messages.insert(1, hash: 10, isRepeated: false, at: 0)]
        messages.acknowledged()
        #expect(messages.isEmpty && messages.areOnTheirWay)
        if isDelivered { messages.delivered() }
        known.append(messages.insert(2, hash: 20, isRepeated: false, at: 0))
        messages.interrupted()
        // The broker sends again what it takes for unacknowledged; an id that it knows to be free is used anew.
        if !isDelivered { known.append(messages.insert(1, hash: 10, isRepeated: true, at: 0)) }
        known.append(messages.insert(2, hash: 20, isRepeated: true, at: 0))
        if isDelivered { known.append(messages.insert(1, hash: 10, isRepeated: false, at: 0)) }
        #expect(known == (isDelivered ? [false, false, true, false] : [false, false, true, true]))
    }

    @Test func `after a restart only what the broker calls repeated is known`() {
        var messages = UnacknowledgedMessages()
        messages.restore([Receipt(id: 1, hash: 10), Receipt(id: 2, hash: 20)])
        // In between a button is pressed once more, at a broker that gives the same ids again and again.
        let known = [(1, true), (2, false), (2, true)].map {
            messages.insert(UInt16($0.0), hash: UInt64($0.0) * 10, isRepeated: $0.1, at: 0)
        }
        #expect(known == [true, false, false])
    }

    @Test func `another session knows nothing`() {
        var messages = UnacknowledgedMessages()
        messages.restore([Receipt(id: 1, hash: 10)])
        let forgot = [messages.forget(), messages.forget()]
        let isNew = messages.takeChange().isNew
        let isKnown = messages.insert(1, hash: 10, isRepeated: true, at: 0)
        #expect(forgot == [true, false] && isNew && !isKnown)
    }

    /// A broker, a hub that is killed at any moment, and its database, against what was published: each message once.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func `every message is stored once, wherever the hub was killed`(seed: UInt64) {
        var model = DeliveryModel(seed: seed)
        for _ in 0..<400 { model.step() }
        model.settle()
        #expect(model.database.stored == Array(0..<model.published), "seed \(seed)")
    }
}

/// One message is one number; all have the same content where the seed is odd, as a button's.
private struct DeliveryModel {
    struct Database {
        var stored: [Int] = []
        var receipts = ReceiptList()
    }

    struct Process {
        var unacknowledged = UnacknowledgedMessages()
        /// What the acknowledgements stand for, in order.
        var taken: [(id: UInt16, number: Int)] = []
        /// In memory: applied and not committed, as it was handed over.
        var pending: [(numbers: [Int], change: ReceiptChange)] = []
        var applied: [Int] = []
        var durable = 0
    }

    struct Sent {
        let id: UInt16
        let number: Int
        var wasSent = false
    }

    private var random: SplitMix
    private let isMonotonous: Bool
    private(set) var published = 0
    private(set) var database = Database()
    private var process: Process?
    /// What the broker has and nobody acknowledged.
    private var queue: [Sent] = []
    private var nextID: UInt16 = 1
    /// How many of the queue were sent on this connection.
    private var sent = 0
    /// Acknowledgements that were written and have not arrived.
    private var onTheWay: [UInt16] = []

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        isMonotonous = seed % 2 == 1
        nextID = seed % 5 == 0 ? 65_500 : 1
    }

    mutating func step() {
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<6: publish()
        case 6..<11: deliver()
        case 11..<13: handOver()
        case 13..<15: commit()
        case 15..<17: acknowledge()
        case 17: arrive()
        case 18: if Int.random(in: 0..<3, using: &random) == 0 { reconnect() }
        default: if Int.random(in: 0..<3, using: &random) == 0 { kill() }
        }
    }

    mutating func settle() {
        for _ in 0..<3 {
            reconnect()
            while process == nil || sent < queue.count { deliver() }
            handOver()
            commit()
            acknowledge()
            arrive()
        }
    }

    private mutating func publish() {
        queue.append(Sent(id: nextID, number: published))
        published += 1
        nextID = nextID == .max ? 1 : nextID + 1
    }

    private mutating func deliver() {
        if process == nil {
            process = Process()
            process?.unacknowledged.restore(database.receipts.receipts)
        }
        guard sent < queue.count else { return }
        let message = queue[sent]
        let hash = isMonotonous ? 7 : UInt64(message.number)
        let isKnown = process?.unacknowledged.insert(message.id, hash: hash, isRepeated: message.wasSent, at: 0)
        queue[sent].wasSent = true
        sent += 1
        process?.taken.append((message.id, message.number))
        if isKnown == false { process?.applied.append(message.number) }
    }

    private mutating func handOver() {
        guard let change = process?.unacknowledged.takeChange(), let applied = process?.applied else { return }
        process?.pending.append((applied, change))
        process?.applied = []
    }

    private mutating func commit() {
        guard let process, process.applied.isEmpty, !process.pending.isEmpty else { return }
        for (numbers, change) in process.pending {
            database.stored += numbers
            database.receipts.apply(change)
        }
        self.process?.pending = []
        self.process?.durable = process.taken.count
    }

    private mutating func acknowledge() {
        guard let process, process.durable > 0, process.durable == process.taken.count else { return }
        onTheWay += process.taken.map(\.id)
        self.process?.taken = []
        self.process?.unacknowledged.acknowledged()
        self.process?.durable = 0
    }

    private mutating func arrive() {
        for id in onTheWay {
            guard let place = queue.firstIndex(where: { $0.id == id }) else { continue }
            queue.remove(at: place)
            sent -= 1
        }
        onTheWay = []
        if process?.unacknowledged.areOnTheirWay == true { process?.unacknowledged.delivered() }
    }

    /// What is on the way is lost, or arrives though nobody hears of it.
    private mutating func lose() {
        if Bool.random(using: &random) {
            for id in onTheWay { queue.removeAll { $0.id == id } }
        }
        onTheWay = []
        sent = 0
    }

    private mutating func reconnect() {
        lose()
        handOver()
        process?.unacknowledged.interrupted()
        process?.taken = []
        process?.durable = 0
    }

    private mutating func kill() {
        lose()
        process = nil
    }
}
