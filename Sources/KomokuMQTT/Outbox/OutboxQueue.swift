internal import Komoku

/// What waits for the broker: in order, bounded, of states only the newest per topic once it gets long.
struct OutboxQueue {
    struct Entry {
        var publication: Publication
        /// Microseconds of the monotonic clock; nil for states.
        var deadline: Int64?
    }

    static let maximumCommands = 4096
    static let maximumStates = 262_144
    /// So many states wait unjoined while the broker is there, so that a burst arrives with every step.
    static let patientStates = 1024

    /// Nil where an entry was taken out of the middle.
    private var entries: [Entry?] = []
    private var head = 0
    /// Where the newest state of a topic waits.
    private var states: [[UInt8]: Int] = [:]
    private(set) var commandCount = 0
    private(set) var stateCount = 0

    var isEmpty: Bool { commandCount + stateCount == 0 }

    /// - Returns: what does not fit, with the reason.
    mutating func add(_ entry: Entry, joining: Bool) -> String? {
        switch entry.publication.kind {
        case .command:
            guard commandCount < Self.maximumCommands else { return "too many messages wait for the broker" }
            commandCount += 1
        case .state:
            let topic = Array(entry.publication.topic.utf8)
            if joining || stateCount >= Self.patientStates, let index = states[topic], index >= head {
                entries[index] = entry
                return nil
            }
            guard stateCount < Self.maximumStates else { return "too many topics wait for the broker" }
            stateCount += 1
            states[topic] = entries.count
        }
        entries.append(entry)
        return nil
    }

    /// Puts back what was not delivered; a newer state of the topic makes an older one pointless.
    mutating func putBack(_ entry: Entry) -> String? {
        if entry.publication.kind == .state, states[Array(entry.publication.topic.utf8)] != nil { return nil }
        return add(entry, joining: true)
    }

    mutating func next() -> Entry? {
        while head < entries.count {
            defer { compact() }
            let index = head
            head += 1
            if let entry = entries[index] {
                entries[index] = nil
                forget(entry, at: index)
                return entry
            }
        }
        return nil
    }

    /// Takes out the commands whose time is up.
    mutating func expired(at now: Int64) -> [Entry] {
        guard commandCount > 0 else { return [] }
        var expired: [Entry] = []
        for index in head..<entries.count {
            guard let entry = entries[index], let deadline = entry.deadline, deadline <= now else { continue }
            entries[index] = nil
            forget(entry, at: index)
            expired.append(entry)
        }
        return expired
    }

    private mutating func forget(_ entry: Entry, at index: Int) {
        switch entry.publication.kind {
        case .command: commandCount -= 1
        case .state:
            stateCount -= 1
            let topic = Array(entry.publication.topic.utf8)
            if states[topic] == index { states[topic] = nil }
        }
    }

    private mutating func compact() {
        guard head >= 1024, head * 2 >= entries.count else { return }
        entries.removeFirst(head)
        for (topic, index) in states { states[topic] = index - head }
        head = 0
    }
}
