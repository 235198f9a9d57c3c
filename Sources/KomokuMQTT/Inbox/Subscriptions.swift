internal import Komoku
internal import Logging

/// What the broker's session is subscribed to, and what is being asked of it. Belongs to the Inbox's thread.
final class Subscriptions {
    private let memory: SubscriptionMemory?
    private let logger: Logger
    /// What this session has been subscribed to, also by mappings that are gone: the broker keeps that while we are away.
    private var held: Set<TopicFilter>
    /// What was asked for on this connection.
    private var asked: [TopicFilter: Int32] = [:]
    /// By the id of the SUBSCRIBE that is not answered yet.
    private var waiting: [UInt16: [TopicFilter]] = [:]
    /// Given up on this connection; the broker has not said anything since.
    private var leaving: Set<TopicFilter> = []
    private var saved: Set<TopicFilter>
    private var mustSave = false
    /// The broker refused one on this connection.
    private(set) var isRefused = false
    /// The last of them was answered just now.
    private var isAnswered = false
    /// Everything that was asked on this connection was answered once.
    private var wasComplete = false

    /// The broker has done on this connection what it is for.
    var hasWorked: Bool { wasComplete || isAnswered }

    /// The most filters of one packet.
    private static let packetLength = 64

    init(_ memory: SubscriptionMemory?, logger: Logger) {
        self.memory = memory
        self.logger = logger
        held = Set((memory?.load() ?? []).compactMap { TopicFilter($0) })
        saved = held
    }

    /// A connection begins.
    func begin() {
        asked = [:]
        waiting = [:]
        leaving = []
        isAnswered = false
        isRefused = false
        wasComplete = false
    }

    /// The broker knows nothing of us.
    func forgetSession() {
        held = []
        mustSave = true
    }

    /// Asks for what is wanted and was not asked for on this connection, and gives up what is wanted no more.
    ///
    /// A filter that stays is not sent again: the broker would replay its retained messages.
    ///
    /// - Parameter everything: sends also what stays, for those replays.
    /// - Returns: whether something waits to be written.
    func update(
        to wanted: [DisjointFilters.Entry], on connection: Connection, everything: Bool
    ) -> Bool {
        if everything { asked = [:] }
        let wanted = wanted.filter { BrokerText.canSubscribe(to: $0.filter.text) }
        let all = Set(wanted.map(\.filter))
        leaving.subtract(all)
        let gone = held.subtracting(all).subtracting(leaving)
        let new = wanted.filter { asked[$0.filter] != $0.qos }
        guard !gone.isEmpty || !new.isEmpty else { return false }
        held.formUnion(all)
        // A crash in between leaves more than there is, which does no harm.
        if everything { save() } else { mustSave = true }
        for part in Array(gone).parts(of: Self.packetLength) { connection.unsubscribe(from: part.map(\.text)) }
        ask(new.filter(\.filter.isLiteral), on: connection)
        // One identifier a packet; the overlapping ones among these need their own.
        for entry in new where !entry.filter.isLiteral { ask([entry], on: connection) }
        for filter in gone { asked[filter] = nil }
        leaving.formUnion(gone)
        mustSave = true
        return true
    }

    private func ask(_ entries: [DisjointFilters.Entry], on connection: Connection) {
        for qos in Set(entries.map(\.qos)).sorted() {
            for part in entries.filter({ $0.qos == qos }).map(\.filter).parts(of: Self.packetLength) {
                let identifier = part.first?.subscriptionIdentifier ?? 1
                let id = connection.subscribe(to: part.map(\.text), qos: UInt8(clamping: qos), identifier: identifier)
                waiting[id] = part
                for filter in part { asked[filter] = qos }
            }
        }
    }

    /// Takes a SUBACK.
    func answered(_ id: UInt16, _ codes: [UInt8]) {
        let filters = waiting.removeValue(forKey: id) ?? []
        for (filter, code) in zip(filters, codes) where code >= 128 {
            isRefused = true
            logger.error("the broker refuses a subscription", metadata: ["mqtt.filter": "\(filter)"])
        }
        isAnswered = waiting.isEmpty
    }

    var areAnswered: Bool { waiting.isEmpty && !asked.isEmpty }

    /// Whether the last answer of this connection's first questions has come; true once.
    func takeCompletion() -> Bool {
        guard isAnswered, !wasComplete else { return false }
        wasComplete = true
        logger.info("subscribed", metadata: ["mqtt.filters": "\(held.count)"])
        return true
    }

    /// Writes down what the session has; to be called about once a second.
    func saveIfNeeded() {
        guard mustSave, waiting.isEmpty else { return }
        held.subtract(leaving)
        leaving = []
        mustSave = false
        save()
    }

    private func save() {
        guard held != saved else { return }
        saved = held
        memory?.save(held.map(\.text).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
}

extension Array {
    fileprivate func parts(of length: Int) -> [[Element]] {
        stride(from: 0, to: count, by: length).map { Array(self[$0..<Swift.min($0 + length, count)]) }
    }
}
